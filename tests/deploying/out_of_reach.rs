//! CloudFormation out of reach while it works: what it was asked for is done once, and goes on unseen.

use crate::cloudformation::{CloudFormation, Script};
use crate::states::{desk, script};

const CREATE: &str = "init ota --create --code arm64.zip";
const UPDATE: &str = "init ota --create --parameter LogLevel=debug";

/// A status that edgehop takes for an outage, and that the SDK does not ask again about: each refusal is one look.
const UNAVAILABLE: u16 = 520;

const GOES_ON: &str = "CloudFormation goes on";

/// A stack that is changed.
fn changing() -> Script {
    Script {
        parameters: vec![
            ("CodeBucket", "edgehop-code-123456789012-us-east-1".to_owned()),
            ("CodeKey", "ota/1.zip".to_owned()),
        ],
        after: ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"].into(),
        ..script(&["CREATE_COMPLETE"])
    }
}

#[test]
fn who_cannot_look_says_so_once_and_looks_again() {
    let cloudformation = CloudFormation::start(Script {
        refusals_after: vec![("DescribeStacks", 3, UNAVAILABLE, "Unavailable", "try later")],
        ..changing()
    });
    let said = desk(&cloudformation).done(UPDATE);
    let lines: Vec<&str> = said.err.lines().filter(|line| line.contains(GOES_ON)).collect();
    assert_eq!(lines.len(), 1, "{said:?}");
    assert!(lines[0].starts_with("cannot look at the stack ota (us-east-1): Unavailable: try later"), "{said:?}");
    assert!(said.out.contains("changed the stack ota"), "{said:?}");
}

#[test]
fn the_first_look_at_a_new_stack_is_as_patient_as_all_others() {
    let cloudformation = CloudFormation::start(Script {
        refusals_after: vec![("DescribeStacks", 1, UNAVAILABLE, "Unavailable", "try later")],
        after: ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"].into(),
        ..script(&[])
    });
    let said = desk(&cloudformation).done(CREATE);
    assert!(said.out.contains("made the stack ota"), "{said:?}");
}

#[test]
fn who_gives_up_says_that_the_stack_does_not() {
    let expired = "The security token included in the request is expired";
    let cloudformation = CloudFormation::start(Script {
        refusals_after: vec![("DescribeStacks", usize::MAX, 403, "ExpiredToken", expired)],
        ..changing()
    });
    let said = desk(&cloudformation).run(UPDATE);
    let last = said.err.lines().last().unwrap();
    for part in ["the credentials have expired: get new ones", GOES_ON, "the same command watches it"] {
        assert!(said.code == Some(1) && last.contains(part), "{part:?}: {said:?}");
    }
}

#[test]
fn what_was_done_without_being_heard_is_not_done_again() {
    // Whoever asks again as if for the first time is told these.
    let exists = ("CreateStack", 1, 400, "AlreadyExistsException", "Stack [ota] already exists");
    let busy = "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.";
    let busy = ("UpdateStack", 1, 400, "ValidationError", busy);
    let unchanged = ("UpdateStack", 1, 400, "ValidationError", "No updates are to be performed.");
    let making = || Script { after: ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"].into(), ..script(&[]) };
    for names_tokens in [false, true] {
        for (line, action, refusal, script, expected) in [
            (CREATE, "CreateStack", exists, making(), "made the stack ota"),
            (UPDATE, "UpdateStack", busy, changing(), "changed the stack ota"),
        ] {
            let (lost, refusals) = (vec![action], vec![refusal, unchanged]);
            let cloudformation = CloudFormation::start(Script { lost, names_tokens, refusals, ..script });
            let said = desk(&cloudformation).done(line);
            assert!(said.out.contains(expected), "{said:?}");
            let tokens = cloudformation.tokens(action);
            assert!(tokens.len() == 2 && tokens[0].is_some() && tokens[0] == tokens[1], "{tokens:?}");
        }
    }
}

/// CloudFormation takes a token of letters, digits and hyphens, 128 at most, and one that it knows for a repeat.
#[test]
fn what_is_asked_for_anew_is_no_repeat() {
    let cloudformation = CloudFormation::start(changing());
    for _ in 0..2 {
        cloudformation.goes_on(&["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]);
        desk(&cloudformation).done(UPDATE);
    }
    let tokens: Vec<String> = cloudformation.tokens("UpdateStack").into_iter().map(Option::unwrap).collect();
    assert!(tokens.len() == 2 && tokens[0] != tokens[1], "{tokens:?}");
    for token in &tokens {
        let is_fit = |character: char| character.is_ascii_alphanumeric() || character == '-';
        assert!(token.starts_with(|first: char| first.is_ascii_alphanumeric()), "{token}");
        assert!(token.len() <= 128 && token.chars().all(is_fit), "{token}");
    }
}
