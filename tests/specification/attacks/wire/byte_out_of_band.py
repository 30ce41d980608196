# Tries: urgent bytes on the conversation, of which the grader may be waked and read nothing.
# Must: cost itself no more than its cell.
# Tolerates: any
import socket

conversation = socket.socket(fileno=3)
for _ in range(200):
    conversation.send(b"x", socket.MSG_OOB)
conversation.detach()
