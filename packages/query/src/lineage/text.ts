// A lineage for a terminal: a tree, one line for each record, cut to the width there is. Values are
// other people's: none of them reaches the terminal with a control character in it.
import type { Lineage } from './lineage.ts'
import type { LineageNode } from './node.ts'
import { type Branch, branchesOf } from './tree.ts'

export interface TextLine {
  readonly text: string
  /** Something that should not be. */
  readonly flagged: boolean
}

/** Deeper levels are not indented further: a grant may be refreshed a thousand times. */
const deepest = 12

/** The tree, under a line that says what it is of. `columns` undefined: nothing is cut. */
export function textOf(lineage: Lineage, columns: number | undefined): TextLine[] {
  const lines = branchesOf(lineage).map((branch) => ({
    text: lineOf(branch),
    flagged: branch.node.flags.length > 0,
  }))
  const head = { text: headOf(lineage), flagged: false }
  const all = [head, ...lines]
  if (lineage.cut) all.push({ text: '… and more records than are shown', flagged: false })
  return all.map(({ flagged, text }) => ({ flagged, text: cutTo(printable(text), columns) }))
}

function headOf({ nodes }: Lineage): string {
  const values = (of: (node: LineageNode) => string): string[] =>
    [...new Set(nodes.map(of))].filter((text) => text !== '')
  const flags = nodes.reduce((sum, node) => sum + node.flags.length, 0)
  const parts = [
    `${nodes.length} ${nodes.length === 1 ? 'record' : 'records'}`,
    `services ${values(({ service }) => service).join(', ')}`,
    `client ${values(({ client }) => client).join(', ') || 'unknown'}`,
    `user ${values(({ user, userHash }) => user || userHash).join(', ') || 'none'}`,
    ...(flags > 0 ? [`${flags} flagged`] : []),
  ]
  return parts.join(' · ')
}

/** Time, place in the tree, what it was; what matters most stands first, for the end may be cut. */
function lineOf({ depth, kind, more, node }: Branch): string {
  const indents = more.slice(0, -1).slice(-deepest)
  const rails = indents.map((goesOn) => (goesOn ? '│ ' : '  ')).join('')
  const elbow = depth === 0 ? '' : more.at(-1) ? '├ ' : '└ '
  const flags = node.flags.map((flag) => `!! ${flag} `).join('')
  const { action, client, detail, index, outcome, reason, revocation, scope, service } = node
  const who = [node.user || node.userHash, node.address ?? ''].filter(Boolean).join(' ')
  const what = [`${kind === null ? '' : `${kind}: `}${action}`, detail, outcome, reason]
  if (revocation !== '') what.push(`→ revoked (${revocation})`)
  const rest = [`[${service}]`, `#${index}`, client, who, scope].filter(Boolean).join(' ')
  const place = `${node.at.slice(0, 23)}  ${rails}${elbow}${flags}`
  return `${place}${what.filter(Boolean).join(' ')}  ${rest}`
}

/** Without control, format and separator characters (Cc, Cf, Zl, Zp). */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

function cutTo(text: string, columns: number | undefined): string {
  const characters = [...text]
  if (columns === undefined || characters.length <= columns) return text
  return `${characters.slice(0, Math.max(columns - 1, 1)).join('')}…`
}
