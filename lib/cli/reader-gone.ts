/** `muster job list | head -1` closes our stdout: there is nobody left to tell, and that is no fault. */
export function onReaderGone(end: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    end();
  });
}
