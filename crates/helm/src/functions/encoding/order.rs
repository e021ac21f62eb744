//! The order in which go-yaml writes the keys of a map: numbers in names by their value.

use plimsoll_gotmpl::{Str, Traced, is_digit, is_letter};
use plimsoll_yaml::emit::Flavor;

/// Sorts entries. The reference's comparison is no order in odd cases (where its result then
/// changes from run to run), so that no library sort may be used.
pub(super) fn sort(entries: &mut Vec<(Str, Traced)>, flavor: Flavor) {
    let in_order = |pair: &[(Str, Traced)]| !is_less(pair[1].0.bytes(), pair[0].0.bytes(), flavor);
    if entries.windows(2).all(in_order) {
        return;
    }
    let mut width = 1;
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let mut next = Vec::with_capacity(order.len());
    while width < order.len() {
        for pair in order.chunks(width * 2) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            let (mut from_left, mut from_right) = (0, 0);
            while from_left < left.len() && from_right < right.len() {
                let first = entries[left[from_left]].0.bytes();
                let second = entries[right[from_right]].0.bytes();
                if is_less(second, first, flavor) {
                    next.push(right[from_right]);
                    from_right += 1;
                } else {
                    next.push(left[from_left]);
                    from_left += 1;
                }
            }
            next.extend_from_slice(&left[from_left..]);
            next.extend_from_slice(&right[from_right..]);
        }
        std::mem::swap(&mut order, &mut next);
        next.clear();
        width *= 2;
    }
    let mut taken: Vec<Option<(Str, Traced)>> = entries.drain(..).map(Some).collect();
    entries.extend(order.into_iter().filter_map(|index| taken[index].take()));
}

/// Whether one key comes before another.
fn is_less(a: &[u8], b: &[u8], flavor: Flavor) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return less(a, b, flavor);
    }
    let codes = |bytes: &[u8]| -> Vec<u32> {
        let text = String::from_utf8_lossy(bytes);
        text.chars().map(u32::from).collect()
    };
    less(&codes(a), &codes(b), flavor)
}

fn less<C: Copy + Into<u32> + PartialEq>(a: &[C], b: &[C], flavor: Flavor) -> bool {
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return a.len() < b.len();
    };
    let digit = |text: &[C], at: usize| {
        let code: u32 = text.get(at).map_or(0, |&c| c.into());
        is_digit(code).then_some(code)
    };
    let (x, y): (u32, u32) = (a[at].into(), b[at].into());
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x < y,
        (false, false) => {}
        (x_is_letter, y_is_letter) => {
            let after_digit = at.checked_sub(1).is_some_and(|at| digit(a, at).is_some());
            return if flavor == Flavor::V3 && after_digit {
                x_is_letter
            } else {
                y_is_letter
            };
        }
    }
    // Zeros count only behind another digit.
    let zero = u32::from(b'0');
    let mut start = 0_i64;
    if x == zero || y == zero {
        let before = (0..at).rev().map_while(|at| digit(a, at));
        start = i64::from(before.into_iter().any(|code| code != zero));
    }
    let number = |text: &[C]| {
        let mut value = start;
        let mut end = at;
        while let Some(code) = digit(text, end) {
            let worth = i64::from(code) - i64::from(zero);
            value = value.wrapping_mul(10).wrapping_add(worth);
            end += 1;
        }
        (value, end)
    };
    let (first, second) = (number(a), number(b));
    if first == second {
        x < y
    } else {
        // The value counts, then the number of digits.
        first < second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: &[&str], flavor: Flavor) -> Vec<String> {
        let pair = |key: &&str| (Str::from(*key), Traced::default());
        let mut entries: Vec<_> = keys.iter().map(pair).collect();
        sort(&mut entries, flavor);
        entries
            .iter()
            .map(|(key, _)| key.text().into_owned())
            .collect()
    }

    #[test]
    fn numbers_in_names_count() {
        let keys = [
            "k10", "k9", "a2", "K", "", "a10", "1", "a_b", "a-b", "ab", "a.b", "a",
        ];
        let wanted = [
            "", "1", "K", "a", "a-b", "a.b", "a_b", "a2", "a10", "ab", "k9", "k10",
        ];
        assert_eq!(sorted(&keys, Flavor::V2), wanted);
    }

    #[test]
    fn the_versions_differ_behind_digits() {
        let keys = ["a1b", "a1.b"];
        assert_eq!(sorted(&keys, Flavor::V2), ["a1.b", "a1b"]);
        assert_eq!(sorted(&keys, Flavor::V3), ["a1b", "a1.b"]);
    }
}
