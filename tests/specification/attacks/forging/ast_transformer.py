# Tries: an IPython AST transformer that turns every call of check into full points.
# Must: do nothing; check cells never run from the student's notebook.
# Bench: yes
import ast

points = {"q7_tf_initializer": 12.0, "q7_tf_model": 8.0, "q7_torch_initializer": 12.0, "q7_torch_model": 8.0}


class Generous(ast.NodeTransformer):
    def visit_Call(self, node):
        if getattr(node.func, "id", "") == "check":
            return ast.copy_location(ast.Constant(points[node.args[0].value]), node)
        return self.generic_visit(node)


get_ipython().ast_transformers.append(Generous())
