// The newest validation of each service, as people read it.
import type { SealedValidation } from '@grantlog/ledger'

type Told = Pick<SealedValidation, 'lines' | 'madeAt' | 'service' | 'streams' | 'verdict'>

/** Facts for `verify`; that there is none is one. */
export function validatedFacts(validations: readonly Told[], now: number): [string, string][] {
  if (validations.length === 0) return [['validated', 'never; `grantlog reconcile` does']]
  return validations.map((one) => ['validated', `${tellValidation(one, now)}`])
}

/** `api: differs, 2 h ago (3 lines without a record)`. */
export function tellValidation(
  { lines, madeAt, service, streams, verdict }: Told,
  now: number,
): string {
  const found = [
    [lines?.noRecord ?? 0, 'lines without a record'],
    [lines?.withoutLine ?? 0, 'records without a line'],
    [streams.differing, 'streams that differ'],
  ] as const
  const told = found.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))
  const details = told.length > 0 ? ` (${told.join(', ')})` : ''
  return `${service || 'all streams'}: ${verdict}, ${ageOf(now - madeAt)} ago${details}`
}

/** In the largest unit of which there is more than one. */
export function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const [unit, size] =
    (
      [
        ['d', 86_400],
        ['h', 3_600],
        ['min', 60],
      ] as const
    ).find(([, of]) => seconds >= 2 * of) ?? (['s', 1] as const)
  return `${Math.floor(seconds / size)} ${unit}`
}
