//! Every stable error code, with its status, title and meaning.

use axum::http::StatusCode;

macro_rules! codes {
    ($($name:ident = $text:literal, $status:literal, $title:literal, $about:literal;)+) => {
        /// What went wrong, in a word that never changes. The reference of errors is
        /// generated from this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $about] $name,)+
        }

        impl Code {
            /// Every code, in the order of the reference.
            pub const fn all() -> &'static [Code] {
                &[$(Code::$name,)+]
            }

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }

            const fn number(self) -> u16 {
                match self { $(Code::$name => $status,)+ }
            }

            /// A short title, the same for every problem of this code.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)+ }
            }

            /// When it is answered.
            pub const fn about(self) -> &'static str {
                match self { $(Code::$name => $about,)+ }
            }
        }
    };
}

codes! {
    MalformedRequest = "malformed_request", 400, "Malformed request", "The body is not JSON, the media type is wrong, or a header cannot be read.";

    Unauthenticated = "unauthenticated", 401, "Not signed in", "No valid session came with the request.";
    TokenExpired = "token_expired", 401, "Session expired", "The session or token was valid once.";
    InvalidKey = "invalid_key", 401, "Key not valid", "No key is like this one.";
    InactiveKey = "inactive_key", 401, "Key out of use", "The key was revoked or has expired, or its owner may not sign in.";
    InvalidCredentials = "invalid_credentials", 401, "Sign-in failed", "Address and password do not belong to an account that may sign in. The answer is the same whatever the reason.";

    Forbidden = "forbidden", 403, "Not allowed", "The caller may see the thing but not do this with it.";
    CsrfFailed = "csrf_failed", 403, "Request not confirmed", "A changing request of a browser session did not carry its X-CSRF-Token.";
    CrossSiteRequest = "cross_site_request", 403, "Request from another site", "A browser sent the request from a page of another site.";
    Reauthenticate = "reauthenticate", 403, "Sign in again", "The last sign-in is too long ago for this act.";
    RegistrationClosed = "registration_closed", 403, "No registration", "Accounts cannot be made this way on this instance.";
    SsoNotAllowed = "sso_not_allowed", 403, "Not this way", "The sign-in provider knows the person, but they may not come in this way; detail says why.";
    FeatureNotIncluded = "feature_not_included", 403, "Not included", "The membership does not include this.";
    MembershipRequired = "membership_required", 403, "Membership required", "This needs a membership.";
    MembershipExpired = "membership_expired", 403, "Membership expired", "The membership has ended.";

    NotFound = "not_found", 404, "Not found", "There is nothing at this address, or nothing the caller may see.";
    SessionNotFound = "session_not_found", 404, "No such decision session", "The session does not exist, or the caller may not see it.";
    CycleNotFound = "cycle_not_found", 404, "No such cycle", "The cycle does not exist, or the caller may not see it.";
    ComponentNotFound = "component_not_found", 404, "No such component", "The component does not exist, or the caller may not see it.";
    ConversationNotFound = "conversation_not_found", 404, "No such conversation", "The conversation does not exist (yet), or the caller may not see it.";
    MessageNotFound = "message_not_found", 404, "No such message", "The message does not exist, or the caller may not see it.";
    DraftNotFound = "draft_not_found", 404, "No such draft", "There is no draft to confirm or dismiss.";
    ToolNotFound = "tool_not_found", 404, "No such tool", "No tool has that name.";
    RevisitNotFound = "revisit_not_found", 404, "No such suggestion", "The suggestion to revisit does not exist.";
    ConfirmationNotFound = "confirmation_not_found", 404, "No such question", "There is no such confirmation.";
    DocumentNotFound = "document_not_found", 404, "No such document", "The document or that version of it does not exist.";
    OutcomeNotFound = "outcome_not_found", 404, "No such outcome", "The outcome does not exist, or the caller may not see it.";
    ShareLinkNotFound = "share_link_not_found", 404, "No such link", "The link does not exist, has expired or was revoked.";
    NotificationNotFound = "notification_not_found", 404, "No such notification", "The notification does not exist, or it is somebody else's.";
    EventNotFound = "event_not_found", 404, "No such event", "No event has that id.";
    MemberNotFound = "member_not_found", 404, "No such member", "The workspace has no such member.";
    InvitationNotFound = "invitation_not_found", 404, "No such invitation", "The invitation does not exist, was answered or taken back, or is for somebody else.";
    ApiKeyNotFound = "api_key_not_found", 404, "No such key", "The key does not exist, or is somebody else's.";
    OidcProviderNotFound = "oidc_provider_not_found", 404, "No such sign-in provider", "No sign-in provider has that id.";
    IdentityNotFound = "identity_not_found", 404, "No such link", "The linked account does not exist, or is somebody else's.";
    UserNotFound = "user_not_found", 404, "No such user", "No account has that id.";
    SubscriptionNotFound = "subscription_not_found", 404, "No such subscription", "No subscription has that name.";
    DeadLetterNotFound = "dead_letter_not_found", 404, "No such dead letter", "The dead letter does not exist, or was dealt with meanwhile.";
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed", "The address exists, but not for this method; see the Allow header.";
    RequestTimeout = "request_timeout", 408, "Request timed out", "The request took longer than 30 seconds.";

    ConcurrencyConflict = "concurrency_conflict", 409, "Somebody was faster", "The thing changed since it was read: read it again and decide anew.";
    InvalidStateTransition = "invalid_state_transition", 409, "Not in this state", "The thing's state does not allow this step.";
    ComponentAlreadyStarted = "component_already_started", 409, "Already started", "The component was started before.";
    PreviousComponentRequired = "previous_component_required", 409, "An earlier step comes first", "A component before this one must be started or completed first.";
    ComponentLocked = "component_locked", 409, "Component is locked", "The component cannot be changed now.";
    CycleArchived = "cycle_archived", 409, "Cycle is archived", "An archived cycle cannot be changed.";
    CycleCompleted = "cycle_completed", 409, "Cycle is completed", "A completed cycle cannot be changed.";
    SessionArchived = "session_archived", 409, "Session is archived", "An archived session cannot be changed.";
    ConfirmationPending = "confirmation_pending", 409, "A question is open", "A confirmation must be answered first.";
    NoMessagesToRegenerate = "no_messages_to_regenerate", 409, "Nothing to write anew", "The conversation has no reply yet.";
    LastMessageNotAssistant = "last_message_not_assistant", 409, "Last message is not a reply", "Only a reply at the end can be written anew.";
    ConversationComplete = "conversation_complete", 409, "Conversation is complete", "A completed conversation takes no messages.";
    ConversationNotReady = "conversation_not_ready", 409, "Conversation is not ready", "The conversation is still being prepared.";
    AlreadyActed = "already_acted", 409, "Already answered", "The notification was answered before, in another way.";
    InvitationEnded = "invitation_ended", 409, "Invitation has ended", "The invitation was answered, taken back, renewed or has run out.";
    SetupDone = "setup_done", 409, "Already set up", "This instance has its owner.";
    EmailTaken = "email_taken", 409, "Address in use", "Another account has this address.";
    WorkspaceArchived = "workspace_archived", 409, "Workspace is archived", "An archived workspace cannot be changed.";
    NotArchived = "not_archived", 409, "Not archived", "Only an archived workspace can be restored or deleted.";
    AlreadyMember = "already_member", 409, "Already there", "The address belongs to a member, or is invited already.";
    InvitationExpired = "invitation_expired", 409, "Invitation has ended", "The invitation was not answered in time.";
    CannotChangeOwnerRole = "cannot_change_owner_role", 409, "Owner's role stays", "The owner's role changes only when the workspace is handed over.";
    CannotRemoveOwner = "cannot_remove_owner", 409, "Owner stays", "The owner of a workspace cannot be removed.";
    OwnerMustTransfer = "owner_must_transfer", 409, "Hand over first", "The owner of a workspace cannot leave it before it is handed over.";
    InstanceOwner = "instance_owner", 409, "Owner stays", "The owner of the instance cannot delete their account.";
    OwnsWorkspaces = "owns_workspaces", 409, "Hand over first", "Somebody who owns workspaces cannot delete their account; see workspaces.";
    SettingFixed = "setting_fixed", 409, "Set elsewhere", "The environment or the file of the instance holds this setting; it is changed there.";
    KeyRevoked = "key_revoked", 409, "Key is revoked", "A revoked key cannot be changed.";
    LastWayIn = "last_way_in", 409, "The only way in", "The account has no password and no other account to sign in with.";
    SlugTaken = "slug_taken", 409, "Short name in use", "Another sign-in provider has this short name.";
    NotAProjection = "not_a_projection", 409, "Cannot be rebuilt", "Only projections can be rebuilt.";

    PayloadTooLarge = "payload_too_large", 413, "Too large", "The body is larger than this address takes.";

    ValidationFailed = "validation_failed", 422, "Please check the fields", "One or more fields are missing or wrong; see errors.";
    InvalidComponentOutput = "invalid_component_output", 422, "Please check the fields", "The output breaks one or more rules of its component; see errors.";
    InvalidRole = "invalid_role", 422, "No such role", "The role cannot be given: it must be admin, member or guest.";
    UnknownScope = "unknown_scope", 422, "No such scope", "A scope is unknown; see errors.";
    MessageTooLong = "message_too_long", 422, "Message too long", "A message has a limit of characters.";
    AiContextTooLong = "ai_context_too_long", 422, "Too much for the model", "The conversation does not fit into the model's context.";
    AiContentFiltered = "ai_content_filtered", 422, "Filtered by the provider", "The provider of the model refused the content.";
    InvalidToken = "invalid_token", 422, "Link not valid", "The link is unknown, was used before, or is too old.";
    InvalidOrExpired = "invalid_or_expired", 422, "Link not valid", "The confirmation link is unknown, was used before, or is too old.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "Key used for something else", "The Idempotency-Key came before with another body.";

    RateLimited = "rate_limited", 429, "Too many requests", "A rate limit is reached; see Retry-After.";
    TooManyRequests = "too_many_requests", 429, "Too many attempts", "Too many attempts to sign in or register; see Retry-After.";
    AiDailyLimit = "ai_daily_limit", 429, "Daily limit reached", "As many messages as the membership includes went to a model today, or the budget for models is used up.";
    SessionLimitReached = "session_limit_reached", 429, "Limit of sessions reached", "The membership allows no further session.";
    CycleLimitReached = "cycle_limit_reached", 429, "Limit of cycles reached", "The membership allows no further cycle.";

    InternalError = "internal_error", 500, "Something went wrong here", "A fault of the server; it is in the log under the request id.";
    SsoFailed = "sso_failed", 502, "Sign-in failed", "The sign-in provider did not answer, refused, or answered what cannot be believed; detail is what it said.";
    AiUnavailable = "ai_unavailable", 502, "Model unavailable", "The language model did not answer.";
    MailFailed = "mail_failed", 502, "Mail not sent", "The mail server did not take the mail; detail is what it said.";
    MailOff = "mail_off", 409, "Mail is off", "This instance has no mail server; see mail.smtp_url.";
    ServiceUnavailable = "service_unavailable", 503, "Not available at the moment", "The server or something it needs is not available; try again.";
}

impl Code {
    /// The HTTP status it is answered with.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.number()).expect("every status in the list is a valid one")
    }

    /// The code called `text`. In a `const` an unknown one does not compile.
    pub const fn named(text: &str) -> Code {
        let all = Code::all();
        let mut index = 0;
        while index < all.len() {
            if equal(all[index].as_str().as_bytes(), text.as_bytes()) {
                return all[index];
            }
            index += 1;
        }
        panic!("there is no such error code")
    }
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_snake_case_words_and_have_their_statuses() {
        let words: HashSet<_> = Code::all().iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::all().len());
        for code in Code::all() {
            assert!(
                code.as_str()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{code:?}"
            );
            assert!(
                code.status().is_client_error() || code.status().is_server_error(),
                "{code:?}"
            );
            assert_eq!(Code::named(code.as_str()), *code);
        }
        assert_eq!(Code::SetupDone.status(), StatusCode::CONFLICT);
    }
}
