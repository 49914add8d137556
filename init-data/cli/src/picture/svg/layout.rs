use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::picture::fit::{milli_em, text_milli_em, wrap};
use crate::picture::remark::{Kind, NEWEST_FIRST, dangling, heading, remarks};
use crate::picture::{Node, Survey};

/// From the edge of the card to what is in it, in pixels, as all lengths here.
pub(super) const MARGIN: i32 = 24;
/// Height of a release's box, and of the band below it that names a key.
pub(super) const BOX: i32 = 34;
pub(super) const BAND: i32 = 17;
/// Height of a line of text, and of a line of flags.
pub(super) const LEADING: i32 = 18;
pub(super) const FLAGS: i32 = 26;
/// Sizes of type: remarks, and the component's name.
pub(super) const TYPE: i32 = 13;
pub(super) const NAME_TYPE: i32 = 18;
/// What a barrier's bar takes above its row.
pub(super) const BAR: i32 = 22;

const ROW_GAP: i32 = 16;
const COLUMN_GAP: i32 = 20;
/// From the card's edge to the outermost lane: a barrier's bar is seen on both sides of it.
const OUTSIDE: i32 = 14;
/// From the middle of a box to the middle of where lanes meet it, and from lane to lane there, if they are few.
const PORTS: i32 = 9;
const PORT: i32 = 8;
/// From a box to the innermost lane, and from lane to lane: closer where there are many.
const FIRST_LANE: i32 = 32;
const LANE: i32 = 18;
const CLOSE_LANE: i32 = 9;
const FEW_LANES: i32 = 6;
const WIDEST_TURN: i32 = 24;
/// Width that the widest monospaced fonts give a character of a version or of a key.
const VERSION_CHARACTER: i32 = 9;
const KEY_CHARACTER: i32 = 7;
const NARROWEST_BOX: i32 = 104;
/// Widths of the column of text: as wide as what is in it, within these.
const COLUMN: (i32, i32) = (180, 440);

/// Where everything of a picture is.
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Left edge and width of the boxes, left edge of the text.
    pub(super) boxes: i32,
    pub(super) box_width: i32,
    pub(super) column: i32,
    /// What is written above the releases.
    pub(super) heading: Vec<String>,
    /// The releases, newest first.
    pub(super) rows: Vec<Row>,
    lanes: i32,
    /// The lanes that meet a row's box from above or from below, the innermost first.
    ports: BTreeMap<(usize, bool), BTreeSet<i32>>,
}

/// A release's place.
pub(super) struct Row {
    /// Its place in the survey.
    pub(super) node: usize,
    /// Upper edge of its box.
    pub(super) top: i32,
    /// Where what belongs to it ends.
    pub(super) bottom: i32,
    /// Flags: the channel's place in the survey, the left edge within the column, the width, the text.
    pub(super) flags: Vec<Vec<Flag>>,
    /// Lines of text.
    pub(super) lines: Vec<(Kind, String)>,
    /// Upper edge of flags and lines.
    pub(super) text_top: i32,
}

/// A channel that points at a release.
pub(super) struct Flag {
    pub(super) channel: usize,
    pub(super) left: i32,
    pub(super) width: i32,
    pub(super) text: String,
}

/// Hops of one channel to one release from one side: they share a lane.
pub(super) struct Bundle {
    pub(super) channel: usize,
    /// The rows of the releases that the hops start from, and of the one where they end.
    pub(super) from: Vec<usize>,
    pub(super) to: usize,
    pub(super) lane: i32,
}

impl Layout {
    /// The layout of a survey and its bundles of hops.
    pub(super) fn new(survey: &Survey) -> (Layout, Vec<Bundle>) {
        let bundles = bundles(survey);
        let lanes = bundles.iter().map(|bundle| bundle.lane + 1).max().unwrap_or_default();
        let longest = |words: &mut dyn Iterator<Item = usize>| words.max().unwrap_or_default() as i32;
        let versions = longest(&mut survey.releases.iter().map(|node| node.version.as_str().len()));
        let keys =
            longest(&mut survey.releases.iter().filter_map(|node| node.signed_by).map(|id| id.to_string().len()));
        let box_width = (versions * VERSION_CHARACTER + 24).max(keys * KEY_CHARACTER + 16).max(NARROWEST_BOX);
        let gutter = if lanes > 0 { FIRST_LANE + (lanes - 1) * lane_width(lanes) + OUTSIDE } else { 0 };
        let boxes = MARGIN + gutter;
        let column = boxes + box_width + COLUMN_GAP;

        let mut rows: Vec<Row> = (0..survey.releases.len()).rev().map(|index| Row::new(survey, index)).collect();
        let lines = rows.iter().flat_map(|row| &row.lines);
        let lines = lines
            .map(|(kind, line)| if *kind == Kind::Barrier { bold_width(line, TYPE) } else { text_width(line, TYPE) });
        let flags = rows.iter().flat_map(|row| row.flags.iter().flatten()).map(|flag| flag.left + flag.width);
        let widest = lines.chain(flags).max().unwrap_or_default();
        let name = bold_width(survey.component.as_str(), NAME_TYPE);
        let width = (column + widest.clamp(COLUMN.0, COLUMN.1) + MARGIN).max(name + 2 * MARGIN);
        let arrows = if bundles.is_empty() { "" } else { "; arrows are next hops" };
        let heading: Vec<String> = std::iter::once(heading(survey, NEWEST_FIRST) + arrows)
            .chain(dangling(survey))
            .flat_map(|line| fit(&line, width - 2 * MARGIN, 3))
            .collect();
        let mut at = MARGIN + NAME_TYPE + 8 + heading.len() as i32 * LEADING + ROW_GAP;
        for row in &mut rows {
            at = row.place(at, &survey.releases[row.node]);
        }
        let height = at - ROW_GAP + MARGIN;
        let ports = ports(&bundles);
        (Layout { width, height, boxes, box_width, column, heading, rows, lanes, ports }, bundles)
    }

    /// The middle of a lane.
    pub(super) fn lane(&self, lane: i32) -> i32 {
        self.boxes - FIRST_LANE - lane * lane_width(self.lanes)
    }

    /// The widest turn into a lane: it does not reach the next one.
    pub(super) fn turn(&self) -> i32 {
        if self.lanes > 1 { lane_width(self.lanes) - 5 } else { WIDEST_TURN }
    }

    /// Where a lane that runs above a row, or below it, meets the row's box. The innermost lane meets it furthest from
    /// its middle, so that no lane crosses another's end.
    pub(super) fn port(&self, row: usize, lane: i32, above: bool) -> i32 {
        let lanes = self.ports.get(&(row, above));
        let count = lanes.map_or(1, BTreeSet::len) as i32;
        let outside = lanes.map_or(0, |lanes| lanes.range(lane + 1..).count()) as i32;
        let between = if count > 1 { PORT.min(2 * (PORTS - 3) / (count - 1)) } else { 0 };
        let away = PORTS - between * (count - 1) / 2 + between * outside;
        let middle = self.rows[row].top + BOX / 2;
        if above { middle - away } else { middle + away }
    }
}

impl Row {
    fn new(survey: &Survey, index: usize) -> Row {
        let node = &survey.releases[index];
        let lines = remarks(survey, index).into_iter().flat_map(|remark| {
            let most = if matches!(remark.kind, Kind::Barrier | Kind::DeadEnd | Kind::Withdrawn) { 3 } else { 2 };
            // A barrier's reason is set in bold.
            let width = if remark.kind == Kind::Barrier { COLUMN.1 * 8 / 9 } else { COLUMN.1 };
            fit(&remark.text, width, most).into_iter().map(move |line| (remark.kind, line))
        });
        Row { node: index, top: 0, bottom: 0, text_top: 0, flags: flags(survey, node), lines: lines.collect() }
    }

    /// Puts the row below what ends at `at`; returns where the next one starts.
    fn place(&mut self, at: i32, node: &Node) -> i32 {
        let boxed = BOX + if node.signed_by.is_some() { BAND } else { 0 };
        let text = self.flags.len() as i32 * FLAGS + self.lines.len() as i32 * LEADING;
        self.top = at + if node.bars { BAR } else { 0 };
        // A line or two stand beside the middle of the box, more start at its top.
        self.text_top = self.top + ((BOX - text) / 2).max(0);
        self.bottom = self.top + boxed.max(text);
        self.bottom + ROW_GAP
    }
}

/// The flags of a release in lines that fit the column.
fn flags(survey: &Survey, node: &Node) -> Vec<Vec<Flag>> {
    let mut lines: Vec<Vec<Flag>> = Vec::new();
    for (channel, line) in survey.pointing_at(&node.version) {
        let down = if line.allow_downgrade { " (and down)" } else { "" };
        let text = fit(&format!("{}{down}", line.channel), COLUMN.1 * 8 / 9 - 24, 1).concat();
        let width = bold_width(&text, TYPE) + 24;
        let left = lines.last().and_then(|flags| flags.last()).map_or(0, |flag| flag.left + flag.width + 8);
        match lines.last_mut().filter(|_| left + width <= COLUMN.1) {
            Some(flags) => flags.push(Flag { channel, left, width, text }),
            None => lines.push(vec![Flag { channel, left: 0, width, text }]),
        }
    }
    lines
}

/// The hops, bundled. A channel keeps to lanes of its own, nearly always one; the channel that leads furthest up is
/// outside, where it crosses the fewest.
fn bundles(survey: &Survey) -> Vec<Bundle> {
    let row = |index: usize| survey.releases.len() - 1 - index;
    let mut bundles = BTreeMap::new();
    for ((from, to), channels) in survey.hops() {
        for channel in channels {
            let target = survey.position(&survey.channels[channel].target);
            let bundle = bundles.entry((target, channel, to, from < to));
            let bundle = bundle.or_insert_with(|| Bundle { channel, from: Vec::new(), to: row(to), lane: 0 });
            bundle.from.push(row(from));
        }
    }
    let mut bundles: Vec<Bundle> = bundles.into_values().collect();
    let mut lane = 0;
    for channel in bundles.chunk_by_mut(|a, b| a.channel == b.channel) {
        channel.sort_by_key(Bundle::stretch);
        // The row at which each lane is free again; there one bundle ends and another may start.
        let mut free: Vec<usize> = Vec::new();
        for bundle in channel {
            let (first, last) = bundle.stretch();
            let at = free.iter().position(|row| *row <= first).unwrap_or(free.len());
            match free.get_mut(at) {
                Some(row) => *row = last,
                None => free.push(last),
            }
            bundle.lane = lane + at as i32;
        }
        lane += free.len() as i32;
    }
    // Those inside are drawn over those outside: a lane then passes below the ones it crosses.
    bundles.sort_by_key(|bundle| Reverse(bundle.lane));
    bundles
}

/// Where bundles meet boxes.
fn ports(bundles: &[Bundle]) -> BTreeMap<(usize, bool), BTreeSet<i32>> {
    let mut ports = BTreeMap::<_, BTreeSet<i32>>::new();
    for bundle in bundles {
        for from in &bundle.from {
            let up = bundle.to < *from;
            ports.entry((*from, up)).or_default().insert(bundle.lane);
            ports.entry((bundle.to, !up)).or_default().insert(bundle.lane);
        }
    }
    ports
}

impl Bundle {
    /// The first and the last row it touches.
    fn stretch(&self) -> (usize, usize) {
        self.from.iter().fold((self.to, self.to), |(first, last), row| (first.min(*row), last.max(*row)))
    }
}

/// The text in lines of at most so many pixels.
fn fit(text: &str, width: i32, most: usize) -> Vec<String> {
    wrap(text, (width * 1000 / TYPE).unsigned_abs(), most, milli_em)
}

fn text_width(text: &str, size: i32) -> i32 {
    (text_milli_em(text) as i32 * size + 999) / 1000
}

fn bold_width(text: &str, size: i32) -> i32 {
    text_width(text, size) * 9 / 8
}

fn lane_width(lanes: i32) -> i32 {
    if lanes > FEW_LANES { CLOSE_LANE } else { LANE }
}
