"""moto's server on a free port, which it prints, with what the tests need otherwise than moto has it."""

import json

from moto.cloudformation import parsing
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

list_parts = S3Response.list_parts


def named_as_s3_does(self):
    """S3 calls its answer ListPartsResult, and the SDK reads no other."""
    status, headers, body = list_parts(self)
    return status, headers, body.replace("ListPartsResponse", "ListPartsResult")


S3Response.list_parts = named_as_s3_does

get_permission = FakeBucket.get_permission


def as_if_no_condition_held(self, action, resource):
    """moto reads no condition of a bucket's policy: it would forbid everything where only HTTP is forbidden."""
    policy = self.policy
    if policy is None:
        return get_permission(self, action, resource)
    read = json.loads(policy)
    statements = read["Statement"] if isinstance(read["Statement"], list) else [read["Statement"]]
    read["Statement"] = [statement for statement in statements if "Condition" not in statement]
    try:
        self.policy = json.dumps(read).encode()
        return get_permission(self, action, resource)
    finally:
        self.policy = policy


FakeBucket.get_permission = as_if_no_condition_held

transact_write_items = DynamoHandler.transact_write_items
written = {}


def once_a_token(self):
    """moto knows no tokens: it would refuse the second attempt of whoever lost the answer to the first."""
    token = self.body.get("ClientRequestToken")
    if token is None or token not in written:
        written[token] = transact_write_items(self)
    return written[token]


DynamoHandler.transact_write_items = once_a_token

parse_output = parsing.parse_output


def without_what_it_has_not(name, output, resources):
    """moto knows nothing of CloudFront: it fails at an output about it, where it skips the resource itself."""
    try:
        return parse_output(name, output, resources)
    except Exception:
        return None


parsing.parse_output = without_what_it_has_not
parsing.OutputMap.values = lambda self: [output for output in map(self.get, self) if output is not None]
parsing.ResourceMap.validate_outputs = lambda self: None

delete = parsing.ResourceMap.delete


def but_what_is_retained(self):
    """moto knows one word only for what a stack leaves behind."""
    for resource in self._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    delete(self)


parsing.ResourceMap.delete = but_what_is_retained

# One request after another: moto undoes a transaction by putting the whole table back.
application = DomainDispatcherApplication(create_backend_app)
server = make_server("127.0.0.1", 0, application, request_handler=MotoRequestHandler)
print(f"listens on {server.port}", flush=True)
server.serve_forever()
