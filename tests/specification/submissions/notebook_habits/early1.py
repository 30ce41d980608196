%matplotlib inline
import matplotlib.pyplot as plt
plt.hist(np.random.randn(100))
plt.show()
%time np.zeros(3)
display(np.eye(2))
"a value on the last line"
