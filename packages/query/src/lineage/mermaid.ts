// A lineage as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). Values are other
// people's: only letters, digits and a few signs are written as they are, everything else as
// Mermaid's entity codes, so that no value can end its label, add a node, or be read as Markdown.
import type { EdgeKind } from './edges.ts'
import type { Lineage } from './lineage.ts'
import type { LineageNode } from './node.ts'
import { printable } from './text.ts'

const links: { readonly [kind in EdgeKind]: string } = {
  issued: '-->',
  used: '-->',
  introspected: '-.->',
  refreshed: '-->',
  revoked: '==>',
  replayed: '==>',
  reuse: '==>',
  'same-flow': '-.->',
  'same-session': '-.->',
  'same-user': '-.->',
}

/** The text of a `.mmd` file. */
export function mermaidOf({ cut, edges, nodes }: Lineage): string {
  const flagged = nodes.filter(({ flags }) => flags.length > 0).map(({ index }) => `n${index}`)
  const lines = [
    'flowchart TD',
    ...nodes.map((node) => `  n${node.index}["${labelOf(node)}"]`),
    ...edges.map(({ from, kind, to }) => `  n${from} ${links[kind]}|${kind}| n${to}`),
    ...(cut ? ['  cut["… and more"]'] : []),
    ...(flagged.length > 0
      ? ['  classDef flagged stroke:#c00,stroke-width:3px', `  class ${flagged.join(',')} flagged`]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

function labelOf(node: LineageNode): string {
  const { action, at, client, detail, flags, index, outcome, reason, revocation, service } = node
  const activity = node.active === null ? '' : node.active ? 'active' : 'inactive'
  const rows = [
    [action, detail, node.privileged],
    [outcome, activity, reason, revocation && `revoked: ${revocation}`, ...flags],
    [endOf(node)],
    [service, client, node.user || node.userHash],
    [at.slice(0, 23), `no. ${index}`],
  ]
  return rows
    .map((row) => escapeLabel(row.filter(Boolean).join(' · ')))
    .filter((row) => row !== '')
    .join('<br/>')
}

/** How the token that was handed out ended, or will; '' when none was, or nobody knows. */
function endOf({ expired, expiresAt, revokedAt, twinOf }: LineageNode): string {
  if (twinOf !== null) return ''
  if (revokedAt !== '' && !expired) return `revoked ${revokedAt.slice(0, 19)}`
  if (expiresAt === '') return ''
  return `${expired ? 'expired' : 'expires'} ${expiresAt.slice(0, 19)}`
}

/** `#34;` is Mermaid's form of a character reference. */
export function escapeLabel(text: string): string {
  return printable(text).replace(
    /[^\p{L}\p{N} .,:·…-]/gu,
    (character) => `#${character.codePointAt(0)};`,
  )
}
