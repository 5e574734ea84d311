// Sets the chosen theme before the first paint; without a choice the system's preference decides (tokens.css).
try {
	const theme = localStorage.getItem('althing.theme');
	if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
	// Storage may be blocked; the system's preference then stands.
}
