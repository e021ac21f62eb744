//! Tables as Helm prints them (gosuri/uitable): columns padded with spaces and parted by tabs.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The rows without a line break at the end. Cells wider than `most` are cut; 0 is no bound.
pub(super) fn table(rows: &[Vec<String>], most: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let width = cells.map(|cell| cell.width()).max().unwrap_or_default();
        if most == 0 { width } else { width.min(most) }
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| resized(cell, *width));
        cells.collect::<Vec<_>>().join("\t")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn resized(cell: &str, width: usize) -> String {
    let own = cell.width();
    if own <= width {
        return format!("{cell}{}", " ".repeat(width - own));
    }
    let mut out = String::new();
    let mut used = 0;
    for c in cell.chars() {
        out.push(c);
        let wide = c.width().unwrap_or_default();
        if used + wide + 3 >= width {
            break;
        }
        used += wide;
    }
    out + "..."
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_padded_and_cut() {
        let rows =
            [["NAME", "URL"], ["a", "0123456789abc"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows, 0), "NAME\tURL          \na   \t0123456789abc");
        assert_eq!(table(&rows, 10), "NAME\tURL       \na   \t0123456...");
    }
}
