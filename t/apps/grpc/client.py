# client.py PORT MESSAGE: calls /bank.Link/Authenticate, with headers that
# are not a client's to send.  Prints the answer, or the status.

import sys

import grpc

port, message = sys.argv[1:]

with grpc.insecure_channel("127.0.0.1:" + port) as channel:
    call = channel.unary_unary("/bank.Link/Authenticate")

    try:
        print(call(message.encode(), timeout=10, metadata=[
            ("x-plaid-access-token", "access-evil"),
            ("x_plaid_access_token", "access-evil"),
            ("x-plaid-item-id", "evil"), ("x-plaid-status", "exchanged"),
        ]).decode())
    except grpc.RpcError as error:
        print(error.code().name, error.details())
