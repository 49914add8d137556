"""Makes a stack of a template in moto, in this process, and prints what is there."""
import io, json, os, sys, zipfile

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
import boto3
from moto import mock_aws
from moto.cloudformation import parsing

clean_json = parsing.clean_json


def named_where_unknown(part, resources):
    """moto skips a resource of a type that it does not know, but fails where another names an attribute of it."""
    if isinstance(part, dict) and "Fn::GetAtt" in part:
        name, attribute = part["Fn::GetAtt"]
        kind = resources._resource_json_map.get(name, {}).get("Type", "")
        if parsing.resource_class_from_type(kind) is None:
            return f"<{name}.{attribute}>"
    return clean_json(part, resources)


parsing.clean_json = named_where_unknown
parsing.ResourceMap.validate_outputs = lambda self: None

path, parameters = sys.argv[1], json.loads(sys.argv[2])
zipped = io.BytesIO()
with zipfile.ZipFile(zipped, "w") as archive:
    archive.writestr("bootstrap", b"\x7fELF")

with mock_aws():
    s3, stacks = boto3.client("s3"), boto3.client("cloudformation")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="edgehop.zip", Body=zipped.getvalue())
    given = {"CodeBucket": "code", "CodeKey": "edgehop.zip", **parameters}
    stacks.create_stack(
        StackName="ota",
        TemplateBody=open(path, encoding="utf-8").read(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    )
    stack = stacks.describe_stacks(StackName="ota")["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    bucket = outputs["BucketName"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    function = boto3.client("lambda").get_function_configuration(FunctionName=outputs["FunctionName"])
    role, iam = function["Role"].rsplit("/", 1)[1], boto3.client("iam")
    print(json.dumps(default=str, obj={
        "status": stack["StackStatus"],
        "outputs": outputs,
        "table": boto3.client("dynamodb").describe_table(TableName=outputs["TableName"])["Table"],
        "encryption": rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "function": function,
        "role": {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        },
        "groups": boto3.client("logs").describe_log_groups()["logGroups"],
    }))
