//! What an address tells: the networks that it is in, and whether the world can reach it.

use std::net::IpAddr;

/// A network: an address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    prefix: u8,
    v4: bool,
}

impl Network {
    /// `10.0.0.0/8`, `fe80::/10`, or one address.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let (bits, width, v4) = widen(address.trim().parse().ok()?);
        let prefix = prefix.map_or(Some(width), |prefix| prefix.trim().parse().ok())?;
        (prefix <= width).then_some(Network { bits, prefix, v4 })
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, width, v4) = widen(address);
        let shift = u32::from(width - self.prefix.min(width));
        v4 == self.v4 && (shift == u32::from(width) || bits >> shift == self.bits >> shift)
    }
}

fn widen(address: IpAddr) -> (u128, u8, bool) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32, true),
        IpAddr::V6(v6) => (v6.to_bits(), 128, false),
    }
}

/// Globally reachable unicast; everything else that is an address counts as private.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = matches!(
                (a, b, c),
                (0 | 10 | 127, ..)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 0, 0 | 2)
                    | (192, 168, _)
                    | (198, 18 | 19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
            );
            !special && a < 224
        }
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            let global = (a & 0xe000) == 0x2000;
            let special = (a == 0x2001 && (b == 0xdb8 || b < 0x200)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
            global && !special
        }
    }
}
