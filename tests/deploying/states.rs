//! Stacks in every state: waited for, gone on with, or refused in one line that says what to do.

use crate::cloudformation::{CloudFormation, EDGEHOP, Script};
use crate::desk::Desk;

const STACK: &str = "AWS::CloudFormation::Stack";
const CREATE: &str = "init ota --create --code arm64.zip";

/// A desk whose CloudFormation is this one; the other services are as ever.
pub fn desk(cloudformation: &CloudFormation) -> Desk {
    Desk::new("us-east-1").with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url())
}

/// edgehop's stack, with these states.
pub fn script(states: &[&'static str]) -> Script {
    let outputs = vec![
        ("Endpoint", "https://d1.cloudfront.net".to_owned()),
        ("TableName", "ota-table".to_owned()),
        ("BucketName", "ota-bucket".to_owned()),
    ];
    Script { states: states.iter().copied().collect(), description: EDGEHOP, outputs, ..Script::default() }
}

#[test]
fn events_are_shown_as_they_arrive_and_curl_lines_at_the_end() {
    let cloudformation = CloudFormation::start(Script {
        events: vec![
            ["ota", STACK, "CREATE_IN_PROGRESS", "User Initiated"],
            ["Bucket", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", ""],
            ["Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE", ""],
            ["Distribution", "AWS::CloudFront::Distribution", "CREATE_IN_PROGRESS", ""],
            ["Distribution", "AWS::CloudFront::Distribution", "CREATE_COMPLETE", ""],
            ["ota", STACK, "CREATE_COMPLETE", ""],
        ],
        after: ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"].into(),
        ..script(&[])
    });
    let said = desk(&cloudformation).done(CREATE);
    let events: Vec<&str> = said.err.lines().filter(|line| line.starts_with("  ")).collect();
    let words: Vec<_> = events.iter().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    assert_eq!(
        words,
        [
            ["CREATE_IN_PROGRESS", "ota"],
            ["CREATE_IN_PROGRESS", "Bucket"],
            ["CREATE_COMPLETE", "Bucket"],
            ["CREATE_IN_PROGRESS", "Distribution"],
            ["CREATE_COMPLETE", "Distribution"],
            ["CREATE_COMPLETE", "ota"],
        ]
    );
    assert!(said.out.contains("made the stack ota") && said.out.contains("endpoint  https://d1.cloudfront.net\n"));
    let curl: Vec<&str> = said.out.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(
        curl.len() == 3 && curl.iter().all(|line| line.contains("'https://d1.cloudfront.net/package?")),
        "{said:?}"
    );
    assert!(said.out.contains("edgehop init ota"), "{said:?}");
}

#[test]
fn the_first_resource_that_failed_is_named() {
    let cloudformation = CloudFormation::start(Script {
        events: vec![
            ["ota", STACK, "CREATE_IN_PROGRESS", "User Initiated"],
            ["Table", "AWS::DynamoDB::Table", "CREATE_FAILED", "the quota of tables is reached\n(Service: DynamoDb)"],
            ["Bucket", "AWS::S3::Bucket", "CREATE_FAILED", "Resource creation cancelled"],
            ["ota", STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Bucket, Table]."],
            ["ota", STACK, "ROLLBACK_COMPLETE", ""],
        ],
        after: ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"].into(),
        ..script(&[])
    });
    let said = desk(&cloudformation).run(CREATE);
    let last = said.err.lines().last().unwrap();
    for part in [
        "edgehop: the stack ota is in ROLLBACK_COMPLETE",
        "Table (AWS::DynamoDB::Table) is the first that failed, CREATE_FAILED: the quota of tables is reached (Service",
        "edgehop destroy ota",
    ] {
        assert!(said.code == Some(1) && last.contains(part), "{part:?}: {said:?}");
    }
}

#[test]
fn who_was_killed_while_it_waited_is_gone_on_with() {
    let busy = ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"];
    let cloudformation = CloudFormation::start(Script {
        events: vec![
            ["ota", STACK, "CREATE_IN_PROGRESS", "User Initiated"],
            ["Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE", ""],
        ],
        refusals: vec![("UpdateStack", 1, 400, "ValidationError", "No updates are to be performed.")],
        ..script(&busy)
    });
    let said = desk(&cloudformation).done(CREATE);
    assert!(said.err.contains("the stack ota is in CREATE_IN_PROGRESS: waiting for that first"), "{said:?}");
    assert!(said.err.contains("CREATE_COMPLETE      Bucket") && said.out.contains("nothing to change"), "{said:?}");
    let actions = cloudformation.actions();
    assert!(!actions.contains(&"CreateStack".to_owned()), "{actions:?}");

    let cloudformation = CloudFormation::start(script(&["UPDATE_IN_PROGRESS"]));
    let parts = ["the stack ota is in UPDATE_IN_PROGRESS: somebody changes it now; wait until that is done"];
    desk(&cloudformation).refused("init ota", 1, &parts);
    desk(&cloudformation).refused("destroy ota --yes", 1, &parts);
}

#[test]
fn an_update_that_was_undone_meanwhile_is_tried_again() {
    let cloudformation = CloudFormation::start(Script {
        events: vec![
            ["ota", STACK, "UPDATE_IN_PROGRESS", "User Initiated"],
            ["Table", "AWS::DynamoDB::Table", "UPDATE_FAILED", "the key is disabled"],
        ],
        after: ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"].into(),
        ..script(&["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"])
    });
    let said = desk(&cloudformation).done(CREATE);
    let cause = "the stack ota is in UPDATE_ROLLBACK_COMPLETE: Table (AWS::DynamoDB::Table) is the first that failed";
    assert!(said.err.contains(cause) && said.out.contains("changed the stack ota"), "{said:?}");
    assert!(cloudformation.actions().contains(&"UpdateStack".to_owned()));
}

#[test]
fn states_in_which_nothing_can_be_done() {
    for (state, advice) in [
        ("ROLLBACK_COMPLETE", "delete it with `edgehop destroy ota`, then make it with `edgehop init ota --create`"),
        ("ROLLBACK_FAILED", "delete the rest with `edgehop destroy ota`"),
        ("CREATE_FAILED", "delete it with `edgehop destroy ota`"),
        ("DELETE_FAILED", "delete the rest with `edgehop destroy ota`"),
        ("DELETE_IN_PROGRESS", "wait until it is gone, then try again"),
        (
            "REVIEW_IN_PROGRESS",
            "a change set for it that was never executed; execute it, or delete it with `edgehop destroy",
        ),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name ota"),
    ] {
        // Of a stack without a template CloudFormation says no more than its state.
        let description = if state == "REVIEW_IN_PROGRESS" { "" } else { EDGEHOP };
        let cloudformation = CloudFormation::start(Script { description, ..script(&[state]) });
        for line in [CREATE, "init ota"] {
            desk(&cloudformation).refused(line, 1, &[&format!("the stack ota is in {state}: "), advice]);
        }
        let actions = cloudformation.actions();
        assert!(actions.iter().all(|action| action == "DescribeStacks"), "{state}: {actions:?}");
    }
}

#[test]
fn somebody_elses_stack_is_never_touched() {
    let tagged = |value: &str| vec![("edgehop", value.to_owned())];
    for (description, tags) in [
        ("A shop", vec![]),
        ("A shop", tagged("ota")),
        ("Edgehop-dashboards of team X", vec![]),
        ("edgehop: dashboards of team X", tagged("cost-centre-7")),
    ] {
        let cloudformation = CloudFormation::start(Script { description, tags, ..script(&["CREATE_COMPLETE"]) });
        for line in [CREATE, "init ota", "destroy ota --yes"] {
            let parts = ["the name ota is already taken in us-east-1", "not edgehop's", "take another name"];
            desk(&cloudformation).refused(line, 3, &parts);
        }
        let actions = cloudformation.actions();
        assert!(actions.iter().all(|action| action == "DescribeStacks"), "{description}: {actions:?}");
    }
}

#[test]
fn a_stack_of_edgehops_is_known_by_its_tag_if_it_calls_itself_otherwise() {
    let stack = |parameters| Script {
        description: "Our updates",
        tags: vec![("edgehop", "ota".to_owned())],
        parameters,
        after: ["DELETE_COMPLETE"].into(),
        ..script(&["CREATE_COMPLETE"])
    };
    let code = [("CodeBucket", "builds".to_owned()), ("CodeKey", "ota/1.zip".to_owned())];
    let cloudformation = CloudFormation::start(stack(code.into()));
    desk(&cloudformation).done("destroy ota --yes");
}

#[test]
fn throttling_is_waited_out_and_what_is_forbidden_is_named() {
    let cloudformation = CloudFormation::start(Script {
        after: ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"].into(),
        refusals: vec![
            ("DescribeStacks", 2, 400, "Throttling", "Rate exceeded"),
            ("DescribeStackEvents", 2, 400, "Throttling", "Rate exceeded"),
        ],
        ..script(&[])
    });
    desk(&cloudformation).done(CREATE);

    let denied = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: cloudformation:CreateStack on resource: y";
    let refusals = vec![("CreateStack", usize::MAX, 403, "AccessDenied", denied)];
    let cloudformation = CloudFormation::start(Script { refusals, ..script(&[]) });
    let parts = ["cannot make the stack ota", "these credentials may not do it; allow them cloudformation:CreateStack"];
    desk(&cloudformation).refused(CREATE, 1, &parts);

    let expired = "The security token included in the request is expired";
    let refusals = vec![("DescribeStacks", usize::MAX, 403, "ExpiredToken", expired)];
    let cloudformation = CloudFormation::start(Script { refusals, ..script(&[]) });
    desk(&cloudformation).refused("init ota", 1, &["the credentials have expired: get new ones"]);
}

/// moto's updates fail at what it does not know; CloudFormation's own rules are checked by what it is asked.
#[test]
fn what_is_not_given_stays_as_it_is() {
    let cloudformation = CloudFormation::start(Script {
        parameters: vec![
            ("CodeBucket", "edgehop-code-123456789012-us-east-1".to_owned()),
            ("CodeKey", "ota/old.zip".to_owned()),
            ("Architecture", "x86_64".to_owned()),
            ("LogLevel", "info".to_owned()),
            ("GoneFromTheTemplate", "x".to_owned()),
        ],
        after: ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"].into(),
        ..script(&["CREATE_COMPLETE"])
    });
    let said = desk(&cloudformation).done("init ota --create --parameter LogLevel=debug");
    assert!(said.out.contains("changed the stack ota"), "{said:?}");
    let given = [("CodeBucket", None), ("CodeKey", None), ("Architecture", None), ("LogLevel", Some("debug"))];
    assert_eq!(
        cloudformation.given("UpdateStack"),
        given.map(|(key, value)| (key.to_owned(), value.map(str::to_owned)))
    );

    // Another zip: its architecture comes with it.
    cloudformation.goes_on(&["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]);
    desk(&cloudformation).done("init ota --create --code arm64.zip");
    let given = cloudformation.given("UpdateStack");
    assert_eq!(given[2], ("Architecture".to_owned(), Some("arm64".to_owned())), "{given:?}");
    let key = given[1].1.as_ref().unwrap();
    assert!(key.starts_with("ota%2F") && key.ends_with(".zip") && key.len() == 74, "{key}");
}

#[test]
fn somebody_else_was_faster() {
    let cloudformation = CloudFormation::start(Script {
        refusals: vec![
            // There was none a moment ago.
            ("DescribeStacks", 1, 400, "ValidationError", "Stack with id ota does not exist"),
            ("CreateStack", 1, 400, "AlreadyExistsException", "Stack [ota] already exists"),
            ("UpdateStack", 1, 400, "ValidationError", "No updates are to be performed."),
        ],
        ..script(&["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
    });
    let said = desk(&cloudformation).done(CREATE);
    assert!(said.out.contains("nothing to change"), "{said:?}");
}

#[test]
fn a_stack_that_was_only_reviewed_is_deleted() {
    let states = ["REVIEW_IN_PROGRESS"].into();
    let after = ["DELETE_COMPLETE"].into();
    let cloudformation = CloudFormation::start(Script { states, after, ..Script::default() });
    desk(&cloudformation).done("destroy ota --yes");
    assert!(cloudformation.actions().contains(&"DeleteStack".to_owned()));
}

#[test]
fn a_stack_that_cannot_be_deleted() {
    let cloudformation = CloudFormation::start(Script { is_protected: true, ..script(&["CREATE_COMPLETE"]) });
    desk(&cloudformation).refused(
        "destroy ota --yes",
        1,
        &["protected from deletion", "--no-enable-termination-protection"],
    );
    let cloudformation = CloudFormation::start(Script {
        events: vec![
            ["ota", STACK, "CREATE_COMPLETE", ""],
            ["ota", STACK, "CREATE_COMPLETE", ""],
            ["ota", STACK, "DELETE_IN_PROGRESS", "User Initiated"],
            [
                "ResolverRole",
                "AWS::IAM::Role",
                "DELETE_FAILED",
                "Cannot delete entity, must detach all policies first.",
            ],
        ],
        after: ["DELETE_IN_PROGRESS", "DELETE_FAILED"].into(),
        ..script(&["CREATE_COMPLETE"])
    });
    let said = desk(&cloudformation).run("destroy ota --yes");
    let last = said.err.lines().last().unwrap();
    for part in ["is in DELETE_FAILED", "ResolverRole (AWS::IAM::Role) is the first that failed", "must detach"] {
        assert!(said.code == Some(1) && last.contains(part), "{part:?}: {said:?}");
    }
}
