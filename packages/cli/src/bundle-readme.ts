// The README beside a proof: how its reader checks it, and what it does not prove.
import type { BundleReport, LedgerReader, LogBundleReport } from '@grantlog/ledger'
import type { LogSlotName } from '@grantlog/record'

export interface BundleFacts {
  readonly count: number
  readonly disclose: readonly LogSlotName[] | 'all'
  readonly reader: Pick<LedgerReader, 'origin' | 'logKey'>
  readonly last: BundleReport | LogBundleReport | undefined
  /** Records of a key that was declared compromised from before them. */
  readonly compromised: number
}

/** Markdown. */
export function bundleReadme(facts: BundleFacts): string {
  const { compromised, count, disclose, last, reader } = facts
  const file = count === 1 && last ? 'bundle.json' : 'bundles.jsonl'
  const shown =
    disclose === 'all' ? 'all personal slots' : disclose.map((slot) => `\`${slot}\``).join(', ')
  return `# Proof of ${count === 1 ? 'one record' : `${count} records`}

Log: \`${reader.origin}\`${last ? `, ${last.size} entries when this was written` : ''}.
Personal data: ${shown ? `${shown} disclosed` : 'withheld'}; what is withheld is covered by hashes.

## Check it

Python 3 with the package \`cryptography\`; nothing of Grantlog:

    python3 verify.py bundle ${file} --key log.vkey

The last line says \`"ok":true\`, and the exit code is 0. Other lines name what is wrong.

\`log.vkey\` came with this folder. Compare it with the line that the log's operator gave you on
another way; whoever could swap both could have made this folder up:

    ${reader.logKey}

## What it proves

That the service named in the record signed it with a key that was enrolled for it, that nothing of
it was changed since, and that it stands at its place in the log. It does not prove that the log
shows the same history to everybody: compare the checkpoint inside with one from elsewhere.
${compromised > 0 ? compromisedNote(compromised) : ''}`
}

function compromisedNote(count: number): string {
  return `
## A warning

${count === 1 ? 'A record was' : `${count} records were`} sealed under a key that was declared
compromised from before then: somebody else may have signed. The declaration is in the log, and
inside; \`verify.py\` says from when, and fails with \`--strict\`.
`
}
