/** The number on the bell; nobody counts beyond a hundred. */
export function badge(unread: number): string {
	if (unread <= 0) return '';
	return unread > 99 ? '99+' : String(unread);
}
