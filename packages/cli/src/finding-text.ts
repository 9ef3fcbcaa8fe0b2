// A finding for people: what happened, by which rule, in which records, and who decided what.
import type { ListedFinding } from '@grantlog/detect'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

export function findingText(finding: ListedFinding, { paint }: Pick<Terminal, 'paint'>): string {
  const { at, changes, count, group, id, index, lastAt, records, rule, times, words } = finding
  const time = (ms: number): string => new Date(ms).toISOString()
  const fact = (name: string, value: string): string => `${paint.dim(name.padEnd(9))} ${value}`
  const places = records.map((one) => (one.index === null ? one.id : `#${one.index}`)).join(' ')
  const last = records.at(-1)?.index ?? null
  const silenced = finding.silence === null ? '' : `, silenced until ${time(finding.silence.until)}`
  return [
    `${paint.bold(rule.title)} (${rule.level})`,
    printable(words),
    '',
    fact('finding', `${id}, leaf #${index}`),
    fact('status', `${finding.status}${silenced}`),
    ...group.map(([name, value]) => fact('about', `${name}=${printable(value)}`)),
    fact('first', time(at)),
    ...(times > 1 ? [fact('last', `${time(lastAt)}, ${times} times`)] : []),
    fact('records', `${places}${count > records.length ? ` of ${count}` : ''}`),
    fact('rule', `${rule.id}${rule.attack.map((one) => ` ${one}`).join('')}`),
    ...changes.map(({ madeAt, note, person, status }) =>
      fact(time(madeAt).slice(0, 19), `${status} by ${printable(person)}: ${printable(note)}`),
    ),
    ...(last === null ? [] : ['', paint.dim(`Proof of a record: grantlog prove ${last}`)]),
  ].join('\n')
}
