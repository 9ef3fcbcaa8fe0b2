// The page Record: one record, what it says, what proves it, and the bytes.
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { Link, useParams } from 'wouter'
import type { Page as Rows, RecordDetail } from '../../api/records.ts'
import { ask } from '../ask/ask.tsx'
import { useAsk } from '../ask/use-ask.tsx'
import { ButtonLink, Toggle } from '../parts/button.tsx'
import { Tabs } from '../parts/choice.tsx'
import { Icon } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { usePlace } from '../query/place.tsx'
import { personal } from '../settings/choices.tsx'
import { Attributes } from './attributes.tsx'
import { Glance } from './glance.tsx'
import { Raw } from './raw.tsx'

const loadPanel = () => import('../proof/panel.tsx')
const ProofPanel = lazy(async () => ({ default: (await loadPanel()).ProofPanel }))

export function RecordPage(): ReactNode {
  const { index } = useParams<{ index: string }>()
  if (!/^(0|[1-9]\d{0,15})$/.test(index)) {
    return (
      <Page title="Record">
        <Empty title="A record has a number as its place in the log">
          <ButtonLink to="/records">Search the records</ButtonLink>
        </Empty>
      </Page>
    )
  }
  return <RecordAt key={index} index={Number(index)} />
}

function RecordAt({ index }: { readonly index: number }): ReactNode {
  const showsPersonal = personal.use()
  const asked = useAsk<RecordDetail>(`records/${index}`, { personal: showsPersonal })
  const { get } = usePlace()
  const isOfProof = get('part') === 'proof'
  useEffect(() => {
    // Needed as soon as the record is there: asked for beside it, not behind it.
    if (isOfProof)
      void Promise.all([
        loadPanel(),
        ask(`records/${index}/bundle`, { disclose: personal.read() ? 'all' : 'none' }),
      ])
  }, [index, isOfProof])
  return (
    <Page
      title={`Record ${index}`}
      actions={
        <>
          <Toggle icon="person" isOn={showsPersonal} onChange={personal.write}>
            Personal data
          </Toggle>
          {asked.data?.observed ? null : (
            <ButtonLink to={`/records/${index}/lineage`} icon="link">
              Lineage
            </ButtonLink>
          )}
          <Neighbours index={index} />
        </>
      }
    >
      <Loaded asked={asked} skeleton={<Skeleton height={420} />}>
        {(record) => (
          <div className="record">
            <Glance record={record} />
            <Parts record={record} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

type Part = 'attributes' | 'proof' | 'raw'

function Parts({ record }: { readonly record: RecordDetail }): ReactNode {
  const { get, set } = usePlace()
  const asked = get('part')
  const part: Part = asked === 'proof' || asked === 'raw' ? asked : 'attributes'
  const choose = (next: Part): void => set({ part: next === 'attributes' ? null : next }, true)
  const proof = (
    <Suspense fallback={<Skeleton height={420} />}>
      <ProofPanel record={record} />
    </Suspense>
  )
  return (
    <Tabs<Part>
      label="Parts of the record"
      value={part}
      onChange={choose}
      tabs={[
        { key: 'attributes', text: 'Attributes', panel: <Attributes record={record} /> },
        { key: 'proof', text: 'Proof', panel: proof },
        { key: 'raw', text: 'Raw', panel: <Raw record={record} /> },
      ]}
    />
  )
}

/** The query language knows numbers of fifteen digits. */
const lastIndex = 999_999_999_999_999

/** The records before and behind: other leaves stand between, so they are asked for. */
function Neighbours({ index }: { readonly index: number }): ReactNode {
  const before = useAsk<Rows>(index === 0 ? null : 'records', {
    q: `index:0..${index - 1}`,
    limit: 1,
  })
  const after = useAsk<Rows>('records', {
    q: `index:${index + 1}..${lastIndex}`,
    limit: 1,
    order: 'oldest',
  })
  const [previous] = before.data?.records ?? []
  const [next] = after.data?.records ?? []
  return (
    <nav className="neighbours" aria-label="Neighbours in the log">
      <Neighbour index={previous?.index} word="Previous" mark="p" icon="left" />
      <Neighbour index={next?.index} word="Next" mark="n" icon="right" />
    </nav>
  )
}

interface NeighbourProps {
  readonly index: number | undefined
  readonly word: string
  /** The key that leads there. */
  readonly mark: string
  readonly icon: 'left' | 'right'
}

function Neighbour({ index, word, mark, icon }: NeighbourProps): ReactNode {
  if (index === undefined) {
    return (
      <span className="button plain" aria-disabled="true" data-disabled>
        <Icon name={icon} /> {word}
      </span>
    )
  }
  return (
    <Link
      href={`/records/${index}`}
      className="button plain"
      data-key={mark}
      title={`Record ${index} (${mark})`}
    >
      <Icon name={icon} /> {word}
    </Link>
  )
}
