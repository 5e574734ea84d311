/**
 * Types of everything the HTTP API and the sockets carry. Commands and outputs are snake_case; the dashboard views and the live
 * channel are camelCase, as on the wire. Absent and null are both accepted for what the API calls optional.
 */
export * from './types/base';
export * from './types/accounts';
export * from './types/sign-in';
export * from './types/workspaces';
export * from './types/decisions';
export * from './types/outputs';
export * from './types/analysis';
export * from './types/conversation';
export * from './types/views';
export * from './types/operators';
export * from './types/notifications';
export * from './types/audit';
