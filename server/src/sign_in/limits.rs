//! How often somebody may try: by address and by account, in this process. Each has a budget of its own, so nobody locks others out.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _, clock::DefaultClock};
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Budgets are tidied after so many tries.
const TIDY: u32 = 1_000;

pub struct Limits {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    accounts: DefaultKeyedRateLimiter<String>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    tries: AtomicU32,
    clock: DefaultClock,
}

impl Limits {
    pub fn new(per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        // a password is tried by hand
        let by_hand = NonZeroU32::new(10).unwrap_or(NonZeroU32::MIN);
        Self {
            addresses: RateLimiter::keyed(Quota::per_minute(per_minute)),
            accounts: RateLimiter::keyed(Quota::per_minute(by_hand)),
            // a program with a token that has run out asks often, and nobody guesses 244 bits
            strangers: RateLimiter::keyed(Quota::per_minute(per_minute.saturating_mul(by_hand))),
            tries: AtomicU32::new(0),
            clock: DefaultClock::default(),
        }
    }

    /// One try from an address; the error says how long to wait.
    pub fn address(&self, address: IpAddr) -> Result<(), Duration> {
        self.tidy();
        let checked = self.addresses.check_key(&subscriber(address));
        checked.map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }

    /// One call with a token that nobody knows.
    pub fn stranger(&self, address: IpAddr) -> Result<(), Duration> {
        self.tidy();
        let checked = self.strangers.check_key(&subscriber(address));
        checked.map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }

    /// One try at an account from an address: others who try it from elsewhere have a budget of their own.
    pub fn account(&self, name: &str, address: IpAddr) -> Result<(), Duration> {
        self.tidy();
        let checked = self.accounts.check_key(&format!("{name}@{}", subscriber(address)));
        checked.map_err(|not_yet| not_yet.wait_time_from(self.clock.now()))
    }

    fn tidy(&self) {
        if self.tries.fetch_add(1, Ordering::Relaxed) % TIDY == TIDY - 1 {
            self.addresses.retain_recent();
            self.accounts.retain_recent();
            self.strangers.retain_recent();
        }
    }
}

/// Of IPv6 everybody has a whole network to choose addresses from.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_tries_too_often_waits_and_nobody_else_does() {
        let limits = Limits::new(5);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..5 {
            limits.address(one).unwrap();
        }
        assert!(limits.address(one).unwrap_err() > Duration::ZERO);
        limits.address(other).unwrap();
        for _ in 0..10 {
            limits.account("admin", one).unwrap();
        }
        assert!(limits.account("admin", one).is_err());
        limits.account("admin", other).unwrap();
    }

    #[test]
    fn a_network_of_ipv6_is_one_subscriber() {
        let limits = Limits::new(2);
        for address in ["2001:db8::1", "2001:db8::ffff:2"] {
            limits.address(address.parse().unwrap()).unwrap();
        }
        assert!(limits.address("2001:db8::3".parse().unwrap()).is_err());
        limits.address("2001:db8:0:1::3".parse().unwrap()).unwrap();
    }
}
