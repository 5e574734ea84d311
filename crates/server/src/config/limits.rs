//! How much may be asked: the numbers of the table, and the tier of whoever has none.

use althing_web::{PerTier, RateNumbers, Tier};

/// Three numbers: for free, monthly and annual.
pub(super) fn per_tier(text: &str) -> Result<PerTier, String> {
    let numbers: Option<Vec<u32>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some([free, monthly, annual]) => Ok(PerTier::new(*free, *monthly, *annual)),
        _ => Err("must be three whole numbers, for free, monthly and annual, such as 60,300,600".into()),
    }
}

pub(super) fn tier(text: &str) -> Result<Tier, String> {
    Tier::parse(text).ok_or_else(|| "must be none, free, monthly or annual".into())
}

/// What the program was told of limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The numbers.
    pub numbers: RateNumbers,
    /// The tier of whoever has none of their own.
    pub default_tier: Tier,
}
