# A gRPC server: /bank.Link/Authenticate takes bytes, and answers with the
# metadata that it was called with.  No Plaid library, no secret.

import os
from concurrent import futures

import grpc


def authenticate(request, context):
    metadata = dict(context.invocation_metadata())
    token = metadata.get("x-plaid-access-token")

    if token is None:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "not linked")

    with open(os.environ["TOKENS"], "a") as tokens:
        tokens.write(token + "\n")

    return (metadata["x-plaid-item-id"] + " " + metadata["x-plaid-status"]
            + " " + request.decode()).encode()


server = grpc.server(futures.ThreadPoolExecutor(2))

server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
    "bank.Link", {"Authenticate": grpc.unary_unary_rpc_method_handler(
        authenticate)})])

server.add_insecure_port("127.0.0.1:" + os.environ["PORT"])
server.start()
server.wait_for_termination()
