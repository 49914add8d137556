"""moto's server on the port that is named, with what the tests need otherwise than moto has it."""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

list_parts = S3Response.list_parts


def named_as_s3_does(self):
    """S3 calls its answer ListPartsResult, and the SDK reads no other."""
    status, headers, body = list_parts(self)
    return status, headers, body.replace("ListPartsResponse", "ListPartsResult")


S3Response.list_parts = named_as_s3_does

# One request after another: moto undoes a transaction by putting the whole table back.
application = DomainDispatcherApplication(create_backend_app)
make_server("127.0.0.1", int(sys.argv[1]), application, request_handler=MotoRequestHandler).serve_forever()
