//! Schedules as cron writes them, and when they come next.

use domain::Timestamp;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60;
/// A schedule that does not come within this many days never comes (29 February on a certain weekday takes up to 40 years).
const HORIZON: i64 = 366 * 41;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// `minute hour day-of-month month day-of-week`, each a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both kinds of days are restricted: either will do.
    either: bool,
}

impl Schedule {
    /// Reads five fields, or `@daily` and its like.
    pub fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other => other,
        };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        let sundays = |bits: u64| if bits & (1 << 7) == 0 { bits } else { bits & !(1 << 7) | 1 };
        Some(Self {
            minutes: set(minutes, 0, 59, &[])?,
            hours: set(hours, 0, 23, &[])?,
            days: set(days, 1, 31, &[])?,
            months: set(months, 1, 12, &MONTHS)?,
            weekdays: sundays(set(weekdays, 0, 7, &DAYS)?),
            either: !days.starts_with('*') && !weekdays.starts_with('*'),
        })
    }

    /// The next times after a moment, in UTC; fewer if there are none.
    pub fn next(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        let start = after.micros().div_euclid(MINUTE) + 1;
        let mut found = Vec::new();
        let first = start.div_euclid(DAY);
        for day in first..first + HORIZON {
            if found.len() >= count {
                break;
            }
            let (_, month, of_month) = civil(day);
            if self.months & (1 << month) == 0 || !self.on(of_month, (day + 4).rem_euclid(7)) {
                continue;
            }
            for minute in 0..DAY {
                let at = day * DAY + minute;
                let due = self.hours & (1 << (minute / 60)) != 0 && self.minutes & (1 << (minute % 60)) != 0;
                if due && at >= start && found.len() < count {
                    found.push(Timestamp::from_micros(at * MINUTE));
                }
            }
        }
        found
    }

    fn on(&self, of_month: u32, weekday: i64) -> bool {
        let (by_day, by_weekday) = (self.days & (1 << of_month) != 0, self.weekdays & (1 << weekday) != 0);
        if self.either { by_day || by_weekday } else { by_day && by_weekday }
    }
}

/// `Tue 24 Nov 02:00`, in UTC.
pub fn told(at: Timestamp) -> String {
    let minutes = at.micros().div_euclid(MINUTE);
    let (day, minute) = (minutes.div_euclid(DAY), minutes.rem_euclid(DAY));
    let (_, month, of_month) = civil(day);
    let named = |names: &[&str], index: usize| {
        let name = names.get(index).copied().unwrap_or_default();
        name[..1].to_uppercase() + &name[1..]
    };
    let weekday = named(&DAYS, usize::try_from((day + 4).rem_euclid(7)).unwrap_or(0));
    let month = named(&MONTHS, usize::try_from(month).unwrap_or(1).saturating_sub(1));
    format!("{weekday} {of_month} {month} {:02}:{:02}", minute / 60, minute % 60)
}

/// Year, month and day of a count of days since 1970.
fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let moved = (5 * of_year + 2) / 153;
    let day = of_year - (153 * moved + 2) / 5 + 1;
    let month = if moved < 10 { moved + 3 } else { moved - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// `*`, `5`, `1-5`, `*/15`, `mon-fri`, and lists of them.
fn set(field: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let number = |text: &str| -> Option<u32> {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let offset = u32::from(names.len() == 12);
        match named {
            Some(index) => Some(u32::try_from(index).ok()? + offset),
            None if text.chars().all(|c| c.is_ascii_digit()) => text.parse().ok(),
            None => None,
        }
    };
    let mut bits = 0_u64;
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step: u32 = step.map_or(Some(1), number).filter(|step| *step > 0)?;
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (low, high),
            None => {
                let one = number(range)?;
                (one, if part.contains('/') { high } else { one })
            }
        };
        if first < low || last > high || first > last {
            return None;
        }
        let mut at = first;
        while at <= last {
            bits |= 1 << at;
            at += step;
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        // Sunday 22 November 2026, 12:00 UTC
        let now = Timestamp::from_micros(1_795_348_800 * 1_000_000);
        let schedule = Schedule::parse(text).unwrap();
        let next: Vec<String> = schedule.next(now, expected.len().max(1)).into_iter().map(told).collect();
        assert_eq!(next, expected, "{text}");
    }

    #[test]
    fn a_schedule_tells_when_it_comes_next() {
        check("0 2 * * *", &["Mon 23 Nov 02:00", "Tue 24 Nov 02:00"]);
        check("*/20 12 * * *", &["Sun 22 Nov 12:20", "Sun 22 Nov 12:40", "Mon 23 Nov 12:00"]);
        check("30 6 * * mon-fri", &["Mon 23 Nov 06:30"]);
        check("0 0 1 jan *", &["Fri 1 Jan 00:00"]);
        check("0 0 13 * 5", &["Fri 27 Nov 00:00", "Fri 4 Dec 00:00"]);
        check("@weekly", &["Sun 29 Nov 00:00"]);
        check("0 0 29 2 *", &["Tue 29 Feb 00:00"]);
        check("0 0 31 2 *", &[]);
    }

    #[test]
    fn what_is_no_schedule_is_told_apart() {
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "1,, * * * *",
            "@often",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }
}
