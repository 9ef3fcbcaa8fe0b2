// A lineage for a terminal: a tree, one line for each record, as wide as the terminal is. What and
// when stand left, where and the index right; what gives way first is what the head says already.
// Values are other people's: none of them reaches the terminal with a control character in it.
import type { EdgeKind } from './edges.ts'
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

/** Fewest characters of what happened, however long the name of a service is. */
const narrowest = 24

/** What all lines have in common, and so none of them says. */
interface Head {
  readonly day: string
  /** Those of most records first: a line says what is not of the first. */
  readonly clients: readonly string[]
  readonly users: readonly string[]
  readonly services: readonly string[]
}

/** The tree, under lines that say what it is of. `columns` undefined: nothing is cut. */
export function textOf(lineage: Lineage, columns: number | undefined): TextLine[] {
  const head = headOf(lineage)
  const lines = branchesOf(lineage).map((branch) => ({
    text: lineOf(branch, head, columns),
    flagged: branch.node.flags.length > 0,
  }))
  const plain = (text: string): TextLine => ({
    text: cutTo(printable(text), columns),
    flagged: false,
  })
  const more = lineage.cut ? [plain('… and more records than are shown')] : []
  return [...headLines(lineage, head).map(plain), ...lines, ...more]
}

function headOf({ nodes }: Lineage): Head {
  const values = (of: (node: LineageNode) => string): string[] => {
    const groups = [...Map.groupBy(nodes, of)].filter(([text]) => text !== '')
    return groups.toSorted(([, a], [, b]) => b.length - a.length).map(([text]) => text)
  }
  const days = values(({ at }) => dayOf(at))
  return {
    day: days.length === 1 ? days[0]! : '',
    clients: values(({ client }) => client),
    users: values(({ user, userHash }) => user || userHash),
    services: values(({ service }) => service),
  }
}

function headLines({ nodes }: Lineage, { clients, day, services, users }: Head): string[] {
  const flags = nodes.reduce((sum, node) => sum + node.flags.length, 0)
  const count = `${nodes.length} ${nodes.length === 1 ? 'record' : 'records'}`
  const when = day === '' ? 'times in UTC' : `${day} UTC`
  return [
    [`${count} of ${services.join(', ')}`, when, ...(flags > 0 ? [`${flags} flagged`] : [])],
    [`client ${clients.join(', ') || 'unknown'}`, `user ${users.join(', ') || 'none'}`],
  ].map((parts) => parts.join(' · '))
}

/** Time, place in the tree and what it was; then, as far as there is room, more; then where. */
function lineOf(branch: Branch, head: Head, columns: number | undefined): string {
  const { node } = branch
  const left = printable(`${momentOf(node.at, head)}  ${railsOf(branch)}${whatOf(branch, head)}`)
  const right = printable(`${node.service} #${node.index}`)
  const extras = extrasOf(node, head).map(printable)
  if (columns === undefined) return [left, ...extras, right].join('  ')
  const end = cutTo(right, Math.max(columns - narrowest - 2, 1))
  const room = columns - widthOf(end) - 2
  const shown = extras.reduce(
    (text, extra) => {
      return widthOf(text) + 2 + widthOf(extra) <= room ? `${text}  ${extra}` : text
    },
    cutTo(left, room),
  )
  return cutTo(`${shown}${' '.repeat(Math.max(room - widthOf(shown), 0))}  ${end}`, columns)
}

function railsOf({ depth, more }: Branch): string {
  const indents = more.slice(0, -1).slice(-deepest)
  const rails = indents.map((goesOn) => (goesOn ? '│ ' : '  ')).join('')
  if (depth === 0) return ''
  return rails + (more.at(-1) ? '├ ' : '└ ')
}

/** What matters most stands first, for the end may be cut. A flag says more than a kind of edge. */
function whatOf({ kind, node }: Branch, head: Head): string {
  const { action, active, flags, outcome, privileged, reason, revocation } = node
  const isRefusal = flags.some((flag) => flag.startsWith('refused-'))
  const words = [
    ...actionOf(kind, node),
    active === null ? '' : active ? 'active' : 'inactive',
    outcome === 'success' || isRefusal ? '' : outcome,
    reason,
    privileged && `(${privileged})`,
    revocation && `${action === 'oauth.revoke' ? '' : '→ revoked '}(${revocation})`,
    endOf(node, head),
  ]
  const first = flags.length > 0 ? flags.map((flag) => `!! ${flag}`).join(' ') : (kind ?? '')
  const rest = words.filter(Boolean).join(' ')
  const colon = first === '' || flags.length > 0 || rest === '' ? '' : ':'
  return [`${first}${colon}`, rest].filter(Boolean).join(' ')
}

/** Action and grant type or route, without what the edge that leads here says already. */
function actionOf(kind: EdgeKind | null, { action, detail, flags, role }: LineageNode): string[] {
  const name = action.replace(/^oauth\./, '')
  // Methods and routes of the protocol's own endpoints say no more than the action does.
  const isEndpoint = role !== 'resource_server' && action !== 'oauth.resource_access'
  const isRoute = /^(?:[A-Z]+(?: |$)|\/)/.test(detail)
  const more = isEndpoint && isRoute && action.startsWith('oauth.') ? '' : detail
  if (action === 'oauth.resource_access') return more.includes('/') ? [more] : [name, more]
  if (flags.length > 0) return [name, more]
  if (kind === 'issued') return [more || name]
  if (kind === 'refreshed') return [name]
  const isSaid = kind !== null && ['introspected', 'revoked'].includes(kind)
  return isSaid && kind.startsWith(name) ? [more] : [name, more]
}

/** How the token that was handed out ended, or will: told where it was handed out. */
function endOf({ expired, expiresAt, revokedAt, twinOf }: LineageNode, head: Head): string {
  if (twinOf !== null) return ''
  if (revokedAt !== '' && !expired) return `→ revoked ${momentOf(revokedAt, head, 'seconds')}`
  if (expiresAt === '') return ''
  return `→ ${expired ? 'expired' : 'expires'} ${momentOf(expiresAt, head, 'seconds')}`
}

/** The scope, and what the head does not say for all lines. */
function extrasOf(node: LineageNode, { clients, users }: Head): string[] {
  const who = node.user || node.userHash
  return [
    node.client === clients[0] || node.client === '' ? '' : `client ${node.client}`,
    who === users[0] || who === '' ? '' : `user ${who}`,
    node.address ?? '',
    node.scope && node.twinOf === null ? `scope ${node.scope}` : '',
  ].filter(Boolean)
}

/** The time of the day, after the day where it is not that of all records. */
function momentOf(
  at: string,
  { day }: Head,
  precision: 'milliseconds' | 'seconds' = 'milliseconds',
) {
  if (!/^\d{4}-/.test(at)) return at
  const time = at.slice(11, precision === 'seconds' || day === '' ? 19 : 23)
  return dayOf(at) === day ? time : `${at.slice(5, 10)} ${time}`
}

function dayOf(at: string): string {
  return at.slice(0, 10)
}

/** Without control, format and separator characters (Cc, Cf, Zl, Zp). */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

function widthOf(text: string): number {
  return [...text].length
}

function cutTo(text: string, columns: number | undefined): string {
  const characters = [...text]
  if (columns === undefined || characters.length <= columns) return text
  return `${characters.slice(0, Math.max(columns - 1, 0)).join('')}…`
}
