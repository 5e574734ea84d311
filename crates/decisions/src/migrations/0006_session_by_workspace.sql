DROP INDEX decision_session_by_workspace;
CREATE INDEX decision_session_by_workspace ON decision_session (workspace_id, updated_at) WHERE workspace_id IS NOT NULL;
