// The record that is chosen: what the graph has no room for, and the way to it.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { LineageNode } from '../../api/lineage.ts'
import { Button, ButtonLink } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { Badge, OutcomeBadge } from '../parts/outcome.tsx'
import { Card } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { Fact } from '../record/glance.tsx'
import { endsOf, SearchLink } from '../record/link.tsx'
import { visibleText } from '../parts/visible.ts'
import type { Branch } from './walk.ts'
import { edgeWord, endOf, flagText, isAlarm, titleOf } from './words.ts'

interface ChosenProps {
  readonly branch: Branch
  readonly onToggle: (run: number) => void
  readonly isOpened: boolean
}

export function Chosen({ branch, onToggle, isOpened }: ChosenProps): ReactNode {
  const { drawn, kind } = branch
  const { key, node, run, twins } = drawn
  return (
    <Card title={visibleText(titleOf(node))} note={kind === '' ? 'begins here' : edgeWord(kind)}>
      <div className="chosen" aria-live="polite">
        <p className="ending">
          <OutcomeBadge outcome={node.outcome} />
          {node.reason === '' ? null : <SearchLink field="reason" value={node.reason} />}
          {node.privileged === '' ? null : (
            <Badge tone="denied" text={`privileged: ${node.privileged}`} />
          )}
        </p>
        <Flags flags={node.flags} />
        <Facts node={node} />
        <Others title="The same request, as recorded by" nodes={twins} isService />
        {run.length > 1 ? <Others title={`${run.length} equal records`} nodes={run} /> : null}
        <div className="chosen-ways">
          <ButtonLink to={`/records/${node.index}`} icon="records">
            Record {node.index}
          </ButtonLink>
          {run.length > 1 || isOpened ? (
            <Button kind="quiet" onPress={() => onToggle(key)}>
              {isOpened ? 'Draw as one' : 'Draw one by one'}
            </Button>
          ) : null}
        </div>
      </div>
    </Card>
  )
}

function Flags({ flags }: { readonly flags: readonly string[] }): ReactNode {
  return flags.map((flag) => {
    const { brief, word } = flagText(flag)
    return (
      <p key={flag} className="chosen-flag" data-alarm={isAlarm(flag)}>
        <Icon name="warning" />
        <span>
          <strong>{visibleText(word)}</strong>
          {brief === '' ? '' : `: ${brief}`}
        </span>
      </p>
    )
  })
}

function Facts({ node }: { readonly node: LineageNode }): ReactNode {
  const {
    address = '',
    at,
    client,
    revocation,
    scope,
    service,
    session,
    user = '',
    userHash,
  } = node
  const end = endOf(node)
  return (
    <dl className="fact-list">
      <Fact name="When">
        <Time ms={Date.parse(at)} ago />
      </Fact>
      <Fact name="Where">
        <SearchLink field="service" value={service} />
      </Fact>
      {end === null ? null : (
        <Fact name={end.word === 'expires' ? 'Expires' : 'Ended'}>
          {end.word === 'expires' ? '' : `${end.word} `}
          <Time ms={Date.parse(end.at)} />
        </Fact>
      )}
      {revocation === '' ? null : (
        <Fact name="Revokes">
          <SearchLink field="revocation" value={revocation} />
        </Fact>
      )}
      <Fact name="Client">
        <SearchLink field="client" value={client} />
      </Fact>
      <Fact name="User">
        {user === '' ? (
          <SearchLink field="user" value={userHash} short={endsOf(userHash)} mono />
        ) : (
          <SearchLink field="user" value={user} />
        )}
      </Fact>
      {session === '' ? null : (
        <Fact name="Session">
          <SearchLink field="session" value={session} short={endsOf(session)} mono />
        </Fact>
      )}
      {address === '' ? null : (
        <Fact name="Address">
          <SearchLink field="address" value={address} mono />
        </Fact>
      )}
      {scope === '' ? null : (
        <Fact name="Scopes">
          <span className="chips">
            {scope.split(' ').map((one) => (
              <SearchLink key={one} field="scope" value={one} mono />
            ))}
          </span>
        </Fact>
      )}
    </dl>
  )
}

interface OthersProps {
  readonly title: string
  readonly nodes: readonly LineageNode[]
  readonly isService?: boolean
}

function Others({ title, nodes, isService = false }: OthersProps): ReactNode {
  if (nodes.length === 0) return null
  return (
    <div>
      <h3>{title}</h3>
      <ul className="others">
        {nodes.map(({ at, index, service }) => (
          <li key={index}>
            <Link href={`/records/${index}`}>
              {isService ? visibleText(service) : <Time ms={Date.parse(at)} clock />} #{index}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}
