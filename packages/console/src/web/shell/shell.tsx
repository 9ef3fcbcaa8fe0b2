// What is around every page: the head with the state of the log, the ways to the pages, the keys.
import { type ReactNode, Suspense, useState } from 'react'
import { I18nProvider, RouterProvider } from 'react-aria-components'
import { Route, Switch, useLocation } from 'wouter'
import { pagePaths } from '../../page-paths.ts'
import { Page } from '../parts/page.tsx'
import { Empty, Skeleton } from '../parts/states.tsx'
import { ButtonLink } from '../parts/button.tsx'
import { Banner } from './banner.tsx'
import { Failsafe } from './failsafe.tsx'
import { Head } from './head.tsx'
import { Keys } from './keys.tsx'
import { Navigation } from './navigation.tsx'
import { pages } from './places.tsx'

export function Shell(): ReactNode {
  const [path, go] = useLocation()
  const [showsKeys, setShowsKeys] = useState(false)
  return (
    <I18nProvider locale="en-US">
      <RouterProvider navigate={go}>
        <a className="skip" href="#main">
          Skip to the page
        </a>
        <div className="shell">
          <Head onHelp={() => setShowsKeys(true)} />
          <Navigation path={path} />
          <main id="main" className="content">
            <Banner />
            <Failsafe key={path}>
              <Suspense fallback={<Skeleton height={240} />}>
                <Switch>
                  {pagePaths.map((route) => {
                    const RoutePage = pages[route]
                    return (
                      <Route key={route} path={route}>
                        <RoutePage />
                      </Route>
                    )
                  })}
                  <Route>
                    <Nowhere />
                  </Route>
                </Switch>
              </Suspense>
            </Failsafe>
          </main>
        </div>
        <Keys isHelpOpen={showsKeys} onHelp={setShowsKeys} />
      </RouterProvider>
    </I18nProvider>
  )
}

function Nowhere(): ReactNode {
  return (
    <Page title="Nothing here">
      <Empty title="No page has this address">
        <ButtonLink to="/records">Search the records</ButtonLink>
      </Empty>
    </Page>
  )
}
