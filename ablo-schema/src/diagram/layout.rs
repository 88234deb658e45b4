//! Where boxes and lines go: models in columns, what holds a key to the right of what it names.
//!
//! The usual layered drawing: break cycles, rank by longest path, thread long edges through the columns between, order
//! each column by the middle of its neighbours, then move everything as close to its neighbours as it fits.

/// A box to place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A line to route: from the side of one box to the side of another, at heights counted from their tops.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The box named.
    pub(super) parent: usize,
    pub(super) parent_y: f64,
    /// The box that holds the key.
    pub(super) child: usize,
    pub(super) child_y: f64,
}

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Placement {
    /// The top left corner of each box.
    pub(super) boxes: Vec<(f64, f64)>,
    /// The points of each link, from parent to child. A box linked with itself has none.
    pub(super) links: Vec<Vec<(f64, f64)>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

const ROW_GAP: f64 = 28.0;
/// A link that passes a column takes this much of it.
const PASSAGE: f64 = 12.0;
const SWEEPS: usize = 12;

/// Something that takes room in a column: a box, or a link on its way past.
struct Item {
    column: usize,
    height: f64,
    y: f64,
    /// The items it is linked with in other columns, and at which heights of theirs and its own.
    neighbours: Vec<(usize, f64, f64)>,
}

/// Places boxes and routes links; columns are `column_gap` apart.
pub(super) fn place(sizes: &[Size], links: &[Link], column_gap: f64) -> Placement {
    let ranks = ranks(sizes, links);
    let columns = ranks.iter().max().map_or(0, |last| last + 1);
    let mut items: Vec<Item> = sizes
        .iter()
        .zip(&ranks)
        .map(|(size, column)| Item { column: *column, height: size.height, y: 0.0, neighbours: Vec::new() })
        .collect();
    let threads: Vec<Vec<usize>> = links.iter().map(|link| thread(link, &ranks, &mut items)).collect();
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); columns];
    for (position, item) in items.iter().enumerate() {
        order[item.column].push(position);
    }
    stack(&order, &mut items);
    for sweep in 0..SWEEPS {
        sort(&mut order, &items, sweep % 2 == 0);
        stack(&order, &mut items);
    }
    for sweep in 0..SWEEPS {
        settle(&order, &mut items, sweep % 2 == 0);
    }
    let top = items.iter().map(|item| item.y).fold(f64::INFINITY, f64::min);
    let top = if top.is_finite() { top } else { 0.0 };
    for item in &mut items {
        item.y -= top;
    }
    finish(sizes, links, &ranks, &threads, &items, column_gap)
}

fn finish(
    sizes: &[Size],
    links: &[Link],
    ranks: &[usize],
    threads: &[Vec<usize>],
    items: &[Item],
    column_gap: f64,
) -> Placement {
    let columns = ranks.iter().max().map_or(0, |last| last + 1);
    let mut widths = vec![0.0f64; columns];
    for (size, rank) in sizes.iter().zip(ranks) {
        widths[*rank] = widths[*rank].max(size.width);
    }
    let lefts: Vec<f64> = widths
        .iter()
        .scan(0.0, |x, width| {
            let left = *x;
            *x += width + column_gap;
            Some(left)
        })
        .collect();
    let boxes: Vec<_> = ranks.iter().zip(items).map(|(rank, item)| (lefts[*rank], item.y)).collect();
    let route = |(link, thread): (&Link, &Vec<usize>)| {
        if link.parent == link.child {
            return Vec::new();
        }
        let parent_is_left = ranks[link.parent] < ranks[link.child];
        let side = |position: usize, y: f64, left: bool| {
            let (x, top) = boxes[position];
            (if left { x } else { x + sizes[position].width }, top + y)
        };
        let mut points = vec![side(link.parent, link.parent_y, !parent_is_left)];
        for passage in thread {
            let item = &items[*passage];
            let (left, right) = (lefts[item.column], lefts[item.column] + widths[item.column]);
            let y = item.y + item.height / 2.0;
            let (first, second) = if parent_is_left { (left, right) } else { (right, left) };
            points.extend([(first, y), (second, y)]);
        }
        points.push(side(link.child, link.child_y, parent_is_left));
        points
    };
    let right = lefts.last().zip(widths.last()).map_or(0.0, |(left, width)| left + width);
    let bottom = items.iter().map(|item| item.y + item.height).fold(0.0, f64::max);
    Placement { links: links.iter().zip(threads).map(route).collect(), boxes, width: right, height: bottom }
}

/// The column of every box: one more than the furthest box it names. Links that close a cycle do not count.
fn ranks(sizes: &[Size], links: &[Link]) -> Vec<usize> {
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); sizes.len()];
    for link in links.iter().filter(|link| link.parent != link.child) {
        if !reaches(link.parent, link.child, &parents) {
            parents[link.child].push(link.parent);
        }
    }
    let mut ranks: Vec<Option<usize>> = vec![None; sizes.len()];
    for start in 0..sizes.len() {
        // Depth first, without recursion: a box is ranked when all it names are.
        let mut path = vec![start];
        while let Some(at) = path.last().copied() {
            match parents[at].iter().find(|parent| ranks[**parent].is_none()) {
                Some(parent) => path.push(*parent),
                None => {
                    let rank = parents[at].iter().filter_map(|parent| ranks[*parent]).map(|rank| rank + 1).max();
                    ranks[at] = Some(rank.unwrap_or_default());
                    path.pop();
                }
            }
        }
    }
    let mut ranks: Vec<usize> = ranks.into_iter().map(Option::unwrap_or_default).collect();
    fill(sizes, links, &mut ranks);
    ranks
}

/// Whether following parents leads from one box to another.
fn reaches(from: usize, to: usize, parents: &[Vec<usize>]) -> bool {
    let mut seen = vec![false; parents.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(&parents[at]);
        }
    }
    false
}

/// Boxes that are linked with nothing fill the shortest columns, and a new one when all are long.
fn fill(sizes: &[Size], links: &[Link], ranks: &mut [usize]) {
    let is_linked = |position: usize| {
        links.iter().any(|link| link.parent != link.child && (link.parent == position || link.child == position))
    };
    let alone: Vec<usize> = (0..sizes.len()).filter(|position| !is_linked(*position)).collect();
    if alone.is_empty() {
        return;
    }
    let linked = (0..sizes.len()).filter(|position| !alone.contains(position));
    let columns = linked.clone().map(|position| ranks[position] + 1).max().unwrap_or_default();
    let total: f64 = sizes.iter().map(|size| size.height + ROW_GAP).sum();
    // About as wide as high.
    let wished = (total / 900.0).ceil().max(if columns == 0 { (sizes.len() as f64).sqrt().ceil() } else { 1.0 });
    let mut heights = vec![0.0; columns.max(wished as usize)];
    for position in linked {
        heights[ranks[position]] += sizes[position].height + ROW_GAP;
    }
    for position in alone {
        let shortest = (0..heights.len()).min_by(|a, b| heights[*a].total_cmp(&heights[*b])).unwrap_or_default();
        ranks[position] = shortest;
        heights[shortest] += sizes[position].height + ROW_GAP;
    }
}

/// Threads a link through the columns between its ends; gives the passages from parent to child.
fn thread(link: &Link, ranks: &[usize], items: &mut Vec<Item>) -> Vec<usize> {
    let (from, to) = (ranks[link.parent], ranks[link.child]);
    let between: Vec<usize> = if from < to { (from + 1..to).collect() } else { (to + 1..from).rev().collect() };
    if link.parent == link.child {
        return Vec::new();
    }
    let mut passages = Vec::new();
    let mut last = (link.parent, link.parent_y);
    for column in between {
        let position = items.len();
        items.push(Item { column, height: PASSAGE, y: 0.0, neighbours: Vec::new() });
        join(items, last, (position, PASSAGE / 2.0));
        passages.push(position);
        last = (position, PASSAGE / 2.0);
    }
    join(items, last, (link.child, link.child_y));
    passages
}

fn join(items: &mut [Item], (a, at_a): (usize, f64), (b, at_b): (usize, f64)) {
    items[a].neighbours.push((b, at_b, at_a));
    items[b].neighbours.push((a, at_a, at_b));
}

/// Puts the items of each column under each other, around the middle.
fn stack(order: &[Vec<usize>], items: &mut [Item]) {
    for column in order {
        let height: f64 = column.iter().map(|position| items[*position].height + ROW_GAP).sum();
        let mut y = -height / 2.0;
        for position in column {
            items[*position].y = y;
            y += items[*position].height + ROW_GAP;
        }
    }
}

/// Where an item would like its top to be: where its neighbours on one side, or on both, are.
fn wish(items: &[Item], position: usize, sides: impl Fn(usize) -> bool) -> Option<f64> {
    let item = &items[position];
    let tops = item.neighbours.iter().filter(|(other, ..)| sides(items[*other].column));
    let tops: Vec<f64> = tops.map(|(other, theirs, own)| items[*other].y + theirs - own).collect();
    (!tops.is_empty()).then(|| tops.iter().sum::<f64>() / tops.len() as f64)
}

/// Orders each column by where its items would like to be. Items without a wish keep their places.
fn sort(order: &mut [Vec<usize>], items: &[Item], forward: bool) {
    let count = order.len();
    for step in 0..count {
        let column = if forward { step } else { count - 1 - step };
        let wished = |position: &usize| {
            let sides = |other: usize| if forward { other < column } else { other > column };
            wish(items, *position, sides).unwrap_or(items[*position].y)
        };
        order[column].sort_by(|a, b| wished(a).total_cmp(&wished(b)));
    }
}

/// Moves the items of each column to where they would like to be, as far as their order leaves room.
fn settle(order: &[Vec<usize>], items: &mut [Item], forward: bool) {
    for step in 0..order.len() {
        let column = if forward { step } else { order.len() - 1 - step };
        let wishes: Vec<f64> = order[column]
            .iter()
            .map(|position| wish(items, *position, |_| true).unwrap_or(items[*position].y))
            .collect();
        // Pressed from above and from below; the middle of both keeps the order and the distances.
        let mut low = f64::NEG_INFINITY;
        let pressed_down: Vec<f64> = order[column]
            .iter()
            .zip(&wishes)
            .map(|(position, wish)| {
                let y = wish.max(low);
                low = y + items[*position].height + ROW_GAP;
                y
            })
            .collect();
        let mut high = f64::INFINITY;
        let mut pressed_up: Vec<f64> = order[column]
            .iter()
            .zip(&wishes)
            .rev()
            .map(|(position, wish)| {
                let y = wish.min(high - items[*position].height - ROW_GAP);
                high = y;
                y
            })
            .collect();
        pressed_up.reverse();
        for ((position, down), up) in order[column].iter().zip(&pressed_down).zip(&pressed_up) {
            items[*position].y = (down + up) / 2.0;
        }
    }
}
