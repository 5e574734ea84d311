//! Addresses of pages that carry a secret. It stands behind the `#`, so that browsers send it
//! to nobody and no log has it.

use althing_web::AppState;

use crate::http::Door;

/// The page's address with what the link carries, as it would be mailed.
pub(crate) fn address(state: &AppState, page: &str, token: &str) -> String {
    let door: Door = state.get();
    door.settings.mailer.link(&format!("/{page}#{token}"))
}
