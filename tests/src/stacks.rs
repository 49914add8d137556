//! Stacks on what stands in for CloudFormation, of what it knows: a table, a bucket, and outputs.

use std::net::SocketAddr;

use crate::client::raw;

/// Table and bucket as a stack of edgehop's has them, and nothing that moto does not know.
const TEMPLATE: &str = r#"{
  "Description": "edgehop: over-the-air updates, for the tests",
  "Resources": {
    "Table": { "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {
      "BillingMode": "PAY_PER_REQUEST",
      "AttributeDefinitions": [
        { "AttributeName": "app", "AttributeType": "S" }, { "AttributeName": "env", "AttributeType": "S" } ],
      "KeySchema": [
        { "AttributeName": "app", "KeyType": "HASH" }, { "AttributeName": "env", "KeyType": "RANGE" } ] } },
    "Bucket": { "Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate" }
  },
  "Outputs": {
    "TableName": { "Value": { "Ref": "Table" } },
    "BucketName": { "Value": { "Ref": "Bucket" } },
    "FunctionUrl": { "Value": "FUNCTION_URL" },
    "KnownWordsArn": { "Value": "KNOWN_WORDS" }
  }
}"#;

/// Makes a stack whose outputs say these two, empty ones too.
pub fn create(moto: SocketAddr, name: &str, function_url: &str, known_words: &str) {
    let template = TEMPLATE.replace("FUNCTION_URL", function_url).replace("KNOWN_WORDS", known_words);
    let escaped: String = template.bytes().map(|byte| format!("%{byte:02X}")).collect();
    ask(moto, &format!("Action=CreateStack&StackName={name}&TemplateBody={escaped}"));
}

/// The name of what the template calls so.
pub fn resource(moto: SocketAddr, stack: &str, logical: &str) -> String {
    let said = ask(moto, &format!("Action=DescribeStackResource&StackName={stack}&LogicalResourceId={logical}"));
    let rest = said.split_once("<PhysicalResourceId>").unwrap().1;
    rest.split_once('<').unwrap().0.to_owned()
}

/// Asks moto's CloudFormation, which verifies no signature.
fn ask(moto: SocketAddr, form: &str) -> String {
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {moto}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=x/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{form}",
        form.len()
    );
    let answer = raw(moto, request.as_bytes(), false);
    let body = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200, "{body}");
    body
}
