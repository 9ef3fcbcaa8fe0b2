// What the attacks' bench shows: one line for each row of the specification.
import { rows } from '../attacks/rows.ts'
import type { RowScore, Score } from '../attacks/score.ts'

/** What was looked at as a whole: the played attacks, or the traffic of a seed. */
export interface Part {
  readonly name: string
  readonly score: Score
  readonly rules: number
  /** Of a snapshot, divided by what the detectors hold: groups, windows and entities. */
  readonly bytesPerEntity: number
}

/** By row, of all parts. */
export function added(scores: readonly Score[]): RowScore[] {
  return [...rows.keys()].map((row) => {
    const own = scores.map((score) => score.rows.get(row)!)
    const sum = (of: (score: RowScore) => number): number =>
      own.reduce((total, score) => total + of(score), 0)
    return {
      ...{ row, attacks: sum((one) => one.attacks), detected: sum((one) => one.detected) },
      ...{ byOthers: sum((one) => one.byOthers), alerts: sum((one) => one.alerts) },
      ...{ strays: sum((one) => one.strays), falseAlarms: sum((one) => one.falseAlarms) },
    }
  })
}

export function tableOf(
  byRow: readonly RowScore[],
  figures: Readonly<Record<string, number | null>>,
): string[][] {
  const heads = ['row', 'attacks', 'found', 'by others only', 'alerts', 'of other rows', 'false']
  const lines = byRow.map(({ alerts, attacks, byOthers, detected, falseAlarms, row, strays }) => [
    `${row} ${rows.get(row)!.name}`,
    ...[attacks, detected, byOthers, alerts, strays, falseAlarms].map(String),
  ])
  const told = Object.entries(figures).map(([name, value]) => [
    name,
    ...[value === null ? 'not measured' : String(value), '', '', '', '', ''],
  ])
  return [heads, ...lines, ...told]
}
