use super::super::samples::{hops, hostile, ip_module, many, rotation, seen};
use super::*;

#[test]
fn has_every_release_once_and_every_hop_of_the_resolver() {
    for component in [ip_module(), rotation(), hostile(), many(60, 12), many(500, 50)] {
        let svg = svg(&seen(&component));
        for release in component.releases() {
            let drawn = format!(">{}</text>", escaped(release.version.as_str()));
            assert_eq!(svg.matches(&drawn).count(), 1, "{drawn}");
        }
        let hops = hops(&component);
        assert_eq!(svg.matches("<path class=\"hop ").count(), hops.len());
        for (channel, from, to) in hops {
            let title = format!("<title>{from} → {to} on {channel}: ");
            assert_eq!(svg.matches(&title).count(), 1, "{title}");
        }
    }
}

#[test]
fn the_same_survey_is_the_same_bytes() {
    for component in [rotation(), hostile(), many(60, 12)] {
        assert_eq!(svg(&seen(&component)), svg(&seen(&component.clone())));
    }
}

#[test]
fn no_text_is_read_as_markup() {
    assert_eq!(escaped("\"><script>&\u{ffff}"), "&quot;&gt;&lt;script&gt;&amp;\\u{ffff}");
    let svg = svg(&seen(&hostile()));
    assert!(!svg.contains("<script"));
    assert!(!svg.contains("]]>"));
    assert!(!svg.contains('\u{ffff}'));
    // Tags are opened and closed in pairs: nothing that was written is one.
    for tag in ["g", "text", "title", "desc", "style", "svg"] {
        let opened = svg.matches(&format!("<{tag}>")).count() + svg.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn rows_never_overlap_and_lanes_stay_on_the_card() {
    for component in [ip_module(), rotation(), hostile(), many(60, 12), many(500, 50)] {
        let survey = seen(&component);
        let (layout, bundles) = Layout::new(&survey);
        for pair in layout.rows.windows(2) {
            assert!(pair[0].bottom < pair[1].top);
        }
        for row in &layout.rows {
            let text = row.flags.len() as i32 * FLAGS + row.lines.len() as i32 * LEADING;
            assert!(row.text_top >= row.top && row.text_top + text <= row.bottom);
        }
        assert!(layout.rows.last().unwrap().bottom + MARGIN <= layout.height);
        assert!(bundles.iter().all(|bundle| layout.lane(bundle.lane) >= MARGIN));
    }
}

#[test]
fn the_picture_of_the_readme_is_what_the_sample_data_looks_like() {
    let committed = include_str!("../../../../../docs/src/guides/ipModule.svg");
    let message = "draw it again: edgehop graph ipModule --output docs/src/guides/ipModule.svg, on the sample data";
    assert!(svg(&seen(&ip_module())) == committed, "{message}");
}
