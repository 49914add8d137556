//! A question has one spelling.

use proptest::collection::vec;
use proptest::prelude::*;
use resolver::query::{Ladder, Query, QueryError};

use crate::{ask, cases, spelling};

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn canonicalising_twice_is_canonicalising_once(question in ask::question()) {
        let header = question.header.as_deref().map(str::as_bytes);
        let Ok(asked) = Query::parse(&question.query, header, &Ladder::default()) else { return Ok(()) };
        let canonical = asked.query.canonical();
        let again = Query::parse(&canonical, None, &Ladder::default()).unwrap();
        prop_assert_eq!(again.query.canonical(), canonical);
        prop_assert_eq!(again.query, asked.query);
    }

    #[test]
    fn neither_order_nor_case_nor_escapes_matter(
        (one, other) in spelling::parameters().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        cases in any::<(u32, u32)>(),
        escapes in prop_oneof![Just((0, 0)), any::<(u32, u32)>()],
    ) {
        let one = spelling::query(&one, cases.0, escapes.0);
        let other = spelling::query(&other, cases.1, escapes.1);
        match (canonical(&one), canonical(&other)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert_eq!(one.status, other.status),
            (is, or) => prop_assert!(false, "{one}: {is:?}\n{other}: {or:?}"),
        }
    }

    #[test]
    fn the_device_goes_no_further(parameters in spelling::parameters(), case in any::<u32>(), escapes in any::<u32>()) {
        let Some(device) = spelling::device(&parameters) else { return Ok(()) };
        let said = match canonical(&spelling::query(&parameters, case, escapes)) {
            Ok(canonical) => canonical,
            Err(refused) => format!("{refused:?}").to_ascii_lowercase(),
        };
        prop_assert!(!said.contains(device), "{said}");
    }

    #[test]
    fn what_is_left_needs_no_escape(parameters in spelling::parameters(), case in any::<u32>()) {
        let Ok(canonical) = canonical(&spelling::query(&parameters, case, 0)) else { return Ok(()) };
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-~:@,=&!%".contains(c);
        prop_assert!(canonical.chars().all(plain), "{canonical}");
        let keys: Vec<_> = canonical.split('&').map(|pair| pair.split('=').next()).collect();
        prop_assert!(keys.is_sorted() && !canonical.contains("device="), "{canonical}");
    }

    #[test]
    fn nothing_makes_it_panic(query in any::<String>(), header in vec(any::<u8>(), 0..80)) {
        survives(&query, &header)?;
    }

    #[test]
    fn nothing_made_of_its_own_signs_makes_it_panic(
        query in "([&=%+,@ '\"/W*.é\u{212a}]|%[0-9A-F]{2}|os|attr|have|installed|cpuarch=a|device|cohort|[a-z]){0,40}",
        header in "([,\"*/ W]|p-7|d41d8cd98f00b204e9800998ecf8427e){0,20}",
    ) {
        survives(&query, header.as_bytes())?;
        survives(&format!("cpuArch=armv8&{query}"), header.as_bytes())?;
        survives(&format!("cpuArch=armv8&installed={query}"), header.as_bytes())?;
        survives(&format!("cpuArch=armv8&have={query}"), header.as_bytes())?;
    }

    #[test]
    fn no_bytes_make_it_panic(query in vec(any::<u8>(), 0..80), header in vec(any::<u8>(), 0..80)) {
        survives(&String::from_utf8_lossy(&query), &header)?;
        let escaped: String = query.iter().map(|byte| format!("%{byte:02x}")).collect();
        survives(&format!("cpuArch=armv8&{escaped}"), &header)?;
        survives(&format!("cpuArch=armv8&foo={escaped}"), &header)?;
    }
}

fn canonical(query: &str) -> Result<String, QueryError> {
    Query::parse(query, None, &Ladder::default()).map(|asked| asked.query.canonical())
}

/// It is understood and then has a canonical form of its own, or it is refused with an input and a sentence.
fn survives(query: &str, header: &[u8]) -> Result<(), TestCaseError> {
    match Query::parse(query, Some(header), &Ladder::default()) {
        Ok(asked) => {
            let spelled = asked.query.canonical();
            prop_assert_eq!(canonical(&spelled), Ok(spelled));
        }
        Err(refused) => prop_assert!(!refused.input.is_empty() && refused.message.len() > refused.input.len()),
    }
    Ok(())
}
