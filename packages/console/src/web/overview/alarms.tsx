// What somebody should look at first: signs of theft and forgery, and what was done by privilege. Each
// leads to its records.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Facet } from '../../api/summary.ts'
import { Icon } from '../parts/icon.tsx'
import { countText } from '../parts/numbers.ts'
import { Value } from '../parts/value.tsx'
import { addTerm, narrowTo } from '../query/edit.ts'
import { recordsPath } from '../query/place.tsx'

/** Reasons that an honest client has no cause for, the worst first. */
const alarming: readonly (readonly [reason: string, told: string])[] = [
  ['refresh_reused', 'refresh token reused'],
  ['code_replayed', 'code replayed'],
  ['token_revoked', 'revoked token presented'],
  ['signature_invalid', 'forged token'],
  ['dpop_invalid', 'DPoP proof invalid'],
  ['certificate_mismatch', 'certificate of another'],
  ['pkce_mismatch', 'PKCE verifier wrong'],
  ['state_mismatch', 'state of another request'],
  ['redirect_uri_mismatch', 'foreign redirect URI'],
]

interface AlarmsProps {
  readonly q: string
  readonly reasons: Facet | undefined
  readonly privileged: Facet | undefined
}

export function Alarms({ q, reasons, privileged }: AlarmsProps): ReactNode {
  const countOf = (reason: string): number =>
    reasons?.values.find(({ value }) => value === reason)?.count ?? 0
  const found = alarming.filter(([reason]) => countOf(reason) > 0)
  const acts = privileged?.values ?? []
  if (found.length + acts.length === 0) return null
  return (
    <section className="alarms" aria-label="Worth a look">
      <h2>Worth a look</h2>
      <ul>
        {found.map(([reason, told]) => (
          <li key={reason}>
            <Link href={recordsPath(addTerm(q, `reason:${reason}`))} data-tone="failure">
              <Icon name="warning" /> {countText(countOf(reason))} × {told}
            </Link>
          </li>
        ))}
        {acts.map(({ count, value }) => (
          <li key={value}>
            <Link href={recordsPath(narrowTo(q, 'privileged', value))} data-tone="plain">
              {countText(count)} × privileged: <Value text={value} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
