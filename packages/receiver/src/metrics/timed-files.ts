// The files of the commit journal, with a watch on how long each durable write takes: by a disk
// that is handed to openLedger, so that neither the journal nor the ledger know of it. See
// metrics.test.ts.
import type { Files, OpenFile } from '@grantlog/journal'

/** The same files; of those in `folder`, each sync is told in seconds. */
export function timedFiles(
  files: Files,
  folder: string,
  onSynced: (seconds: number) => void,
): Files {
  return {
    ...files,
    open: async (path, mode, permissions) => {
      const file = await files.open(path, mode, permissions)
      return mode === 'read' || !path.startsWith(folder) ? file : timed(file, onSynced)
    },
  }
}

function timed(file: OpenFile, onSynced: (seconds: number) => void): OpenFile {
  async function timing(sync: () => Promise<void>): Promise<void> {
    const begun = performance.now()
    await sync()
    onSynced((performance.now() - begun) / 1_000)
  }
  return {
    ...file,
    writeAndSync: (parts, position) => timing(() => file.writeAndSync(parts, position)),
    sync: () => timing(() => file.sync()),
  }
}
