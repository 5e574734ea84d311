//! The secret part of an invitation's link.

use althing_backbone::{Db, Timestamp};
use althing_events::MemberId;

use crate::secret;

/// What the link of an invitation carries. Made anew whenever it is needed; another end of
/// the invitation gives another link.
pub(super) async fn token(db: &Db, id: MemberId, expires_at: Timestamp) -> althing_backbone::Result<String> {
    let what = format!("invitation {id} {expires_at}");
    secret::derived(db, &what).await
}
