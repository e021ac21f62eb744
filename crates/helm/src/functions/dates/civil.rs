//! Years, months and days of the proleptic Gregorian calendar.

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A day. Month and day count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Date {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

/// Days in 400 years.
const CYCLE: i64 = 146_097;
/// From the first of March of the year 0 to the first of January 1970.
const EPOCH: i64 = 719_468;

impl Date {
    /// Days since 1970; months and days beyond their range run on.
    pub(super) fn days(self) -> i64 {
        let month = self.month - 1;
        let year = self.year + month.div_euclid(12);
        let month = month.rem_euclid(12);
        // Years that start with March have their leap day at the end.
        let (year, month) = if month < 2 {
            (year - 1, month + 10)
        } else {
            (year, month - 2)
        };
        let (cycle, of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        let day_of_cycle = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + day_of_year;
        cycle * CYCLE + day_of_cycle - EPOCH
    }

    /// The day that is so many days after the first of January 1970.
    pub(super) fn of_days(days: i64) -> Self {
        let days = days + EPOCH;
        let (cycle, rest) = (days.div_euclid(CYCLE), days.rem_euclid(CYCLE));
        let year = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365;
        let day_of_year = rest - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let year = year + cycle * 400;
        let (year, month) = if month < 10 {
            (year, month + 3)
        } else {
            (year + 1, month - 9)
        };
        Self { year, month, day }
    }

    /// The day of the year, from 1.
    pub(super) fn day_of_year(self) -> i64 {
        let first = Self {
            month: 1,
            day: 1,
            ..self
        };
        self.days() - first.days() + 1
    }
}

/// The day of the week of a day since 1970: 0 is Sunday.
pub(super) fn weekday(days: i64) -> usize {
    (days + 4).rem_euclid(7) as usize
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-1_500_000..1_500_000).step_by(97) {
            assert_eq!(Date::of_days(days).days(), days);
        }
        let date = |year, month, day| Date { year, month, day };
        assert_eq!(date(1970, 1, 1).days(), 0);
        assert_eq!(date(2000, 2, 29).days(), 11_016);
        assert_eq!(date(2000, 14, 1), date(2000, 14, 1));
        assert_eq!(date(2000, 14, 1).days(), date(2001, 2, 1).days());
        assert_eq!(Date::of_days(-719_528), date(0, 1, 1));
        assert_eq!(date(2024, 12, 31).day_of_year(), 366);
        assert_eq!(weekday(0), 4);
    }
}
