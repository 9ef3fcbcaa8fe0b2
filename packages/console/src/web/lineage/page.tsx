// The page Lineage.
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'

export function LineagePage(): ReactNode {
  return (
    <Page title="Lineage">
      <Empty title="Not written yet" />
    </Page>
  )
}
