// Tokens: state, holder, scopes with those that nothing needed, life and use, and what is wrong.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Token, Tokens } from '../../api/tokens.ts'
import { Icon } from '../parts/icon.tsx'
import { countText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { AgoCell } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import { usePlace } from '../query/place.tsx'
import { endsOf } from '../record/link.tsx'
import { Filter, Reach, States, usePaged } from './listed.tsx'

export function TokenList(): ReactNode {
  const { get } = usePlace()
  const params = { state: get('state') ?? '', q: get('q') ?? '' }
  const { asked, more, pages } = usePaged<Tokens>('tokens', params)
  const counts = asked.data?.counts
  return (
    <>
      <div className="list-head">
        <States
          label="State of tokens"
          choices={[
            { state: '', title: 'All', count: sumOf(counts) },
            { state: 'alive', title: 'Alive', count: counts?.alive },
            { state: 'expired', title: 'Expired', count: counts?.expired },
            { state: 'revoked', title: 'Revoked', count: counts?.revoked },
            { state: 'never-used', title: 'Never used', count: counts?.neverUsed },
          ]}
        />
        <Filter problem={asked.problem} />
      </div>
      <Loaded asked={asked} skeleton={<Skeleton height={480} />}>
        {({ cut, since }) => {
          const tokens = pages.flatMap((page) => page.tokens)
          if (tokens.length === 0) return <NoTokens isFiltered={params.q + params.state !== ''} />
          return (
            <>
              <ScopesLegend />
              <DataTable
                label="Tokens"
                columns={columns}
                rows={tokens}
                keyOf={({ hash }) => hash}
                hrefOf={({ hash }) => `/lineage/${encodeURIComponent(hash)}`}
                toneOf={(token) => (alarmsOf(token).length > 0 ? 'failure' : undefined)}
                isCards
              />
              {more}
              <Reach since={since} cut={cut} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function sumOf(counts: Tokens['counts'] | undefined): number | undefined {
  return counts && counts.alive + counts.expired + counts.revoked
}

function NoTokens({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  return isFiltered ? (
    <Empty title="No token is like that">
      <Link href="/tokens">Show all tokens</Link>
    </Empty>
  ) : (
    <Empty title="No tokens yet">
      <p>Tokens appear once an authorization server that sends its records here hands one out.</p>
    </Empty>
  )
}

export function alarmsOf({ reused, usesAfterExpiry, usesAfterRevocation }: Token): string[] {
  return [
    ...after('revocation', usesAfterRevocation),
    ...after('expiry', usesAfterExpiry),
    ...(reused ? ['refresh reused'] : []),
  ]
}

function after(end: 'expiry' | 'revocation', uses: number): string[] {
  return uses === 0 ? [] : [`used after ${end} ×${countText(uses)}`]
}

const columns: readonly Column<Token>[] = [
  { key: 'token', title: 'Token', brief: 'Keyed hash; opens its lineage', render: TokenCell },
  { key: 'state', title: 'State', render: StateCell },
  {
    key: 'client',
    title: 'Client',
    render: ({ client, grantType }) => (
      <span className="two-lines client-cell">
        <Value text={client} />
        <small title={visibleText(grantType)}>{visibleText(grantShort(grantType))}</small>
      </span>
    ),
  },
  {
    key: 'user',
    title: 'User',
    brief: 'Pseudonym',
    render: ({ userHash }) => <Value text={userHash && endsOf(userHash)} mono none="no user" />,
  },
  {
    key: 'scopes',
    title: 'Scopes',
    brief: 'Dashed: nothing that was let in needed it so far',
    render: ScopesCell,
  },
  { key: 'issued', title: 'Issued', render: ({ issuedAt }) => <AgoCell ms={issuedAt} /> },
  { key: 'expires', title: 'Ends', render: EndCell },
  {
    key: 'used',
    title: 'Use',
    brief: 'How often it was presented, and when last',
    render: ({ lastUsedAt, uses }) => (
      <AgoCell ms={lastUsedAt} none="never" before={`${countText(uses)}×, `} />
    ),
  },
]

function TokenCell(token: Token): ReactNode {
  const alarms = alarmsOf(token)
  return (
    <span className="two-lines">
      <span className="mono">{visibleText(endsOf(token.hash))}</span>
      {alarms.map((alarm) => (
        <small key={alarm} className="alarm">
          <Icon name="warning" /> {alarm}
        </small>
      ))}
    </span>
  )
}

const stateTones = { alive: 'good', expired: 'plain', revoked: 'denied' } as const

function StateCell({ state, uses }: Token): ReactNode {
  return (
    <span className="two-lines">
      <Badge tone={stateTones[state]} text={state} />
      {uses === 0 ? <small>never used</small> : null}
    </span>
  )
}

/** `urn:ietf:params:oauth:grant-type:token-exchange` says no more than its end. */
function grantShort(grantType: string): string {
  return grantType.slice(grantType.lastIndexOf(':') + 1)
}

/** The rest is told by number; all of them are in the record. */
const chipsMax = 8

function ScopesCell({ idleScopes, scopes }: Token): ReactNode {
  const idle = new Set(idleScopes.split(' '))
  const all = scopes.split(' ').filter(Boolean)
  if (all.length === 0) return <Value text="" />
  const rest = all.slice(chipsMax)
  return (
    <span className="scope-chips">
      {all.slice(0, chipsMax).map((scope) => {
        const isIdle = idle.has(scope)
        return (
          <span key={scope} className="scope-chip" data-idle={isIdle} title={visibleText(scope)}>
            {visibleText(scope)}
            {isIdle ? <span className="unseen"> never used</span> : null}
          </span>
        )
      })}
      {rest.length === 0 ? null : (
        <small title={visibleText(rest.join(' '))}>and {rest.length} more</small>
      )}
    </span>
  )
}

function ScopesLegend(): ReactNode {
  return (
    <p className="note">
      <span className="scope-chip" data-idle>
        scope
      </span>{' '}
      never used: nothing that was let in needed it so far. What the issuer itself answers, such as{' '}
      <code>openid</code>, is not marked.
    </p>
  )
}

function EndCell({ expiresAt, revokedAt, state }: Token): ReactNode {
  if (state === 'revoked' && revokedAt !== null) return <AgoCell ms={revokedAt} />
  return <AgoCell ms={expiresAt} none="unknown" />
}
