//! Plots of letters.

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Rows of a plot of values from 0 on, the highest row first: each column shows the highest value
/// of its share of them.
pub(super) fn rows(values: &[f64], width: usize, height: usize) -> Vec<String> {
    let columns = columns(values, width);
    let top = columns.iter().copied().fold(0.0, f64::max);
    let row = |row: usize| -> String {
        columns
            .iter()
            .map(|value| {
                let filled = if top > 0.0 {
                    value / top * (height * 8) as f64
                } else {
                    0.0
                };
                // What is there at all shows at the bottom.
                let least = if row == 0 && *value > 0.0 { 1.0 } else { 0.0 };
                let eighths = (filled - (row * 8) as f64).round().clamp(least, 8.0);
                EIGHTHS[eighths as usize]
            })
            .collect()
    };
    (0..height)
        .rev()
        .map(|at| row(at).trim_end().to_owned())
        .collect()
}

/// One letter for each column in which there is anything.
pub(super) fn marks(values: &[f64], width: usize) -> String {
    let mark = |value: &f64| if *value > 0.0 { '×' } else { ' ' };
    let marks: String = columns(values, width).iter().map(mark).collect();
    marks.trim_end().to_owned()
}

fn columns(values: &[f64], width: usize) -> Vec<f64> {
    let width = width.min(values.len()).max(1);
    (0..width)
        .map(|column| {
            let from = column * values.len() / width;
            let to = ((column + 1) * values.len() / width).max(from + 1);
            let part = values.get(from..to.min(values.len())).unwrap_or_default();
            part.iter().copied().fold(0.0, f64::max)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{marks, rows};

    #[test]
    fn the_highest_of_a_column_shows() {
        assert_eq!(rows(&[0.0, 1.0, 2.0, 4.0], 2, 2), [" █", "▄█"]);
        assert_eq!(rows(&[0.0, 0.001, 4.0], 3, 1), [" ▁█"]);
        assert_eq!(rows(&[], 5, 1), [""]);
        assert_eq!(marks(&[0.0, 1.0, 0.0, 0.0], 2), "×");
    }
}
