import { useEffect, useRef } from 'preact/hooks';
import './app.css';
import { AlarmBell } from './alarms/alarm_bell.tsx';
import { cameras } from './api/camera_store.ts';
import { connection } from './api/updates.ts';
import { AddPage } from './cameras/add_page.tsx';
import { CameraPage } from './cameras/camera_page.tsx';
import { CamerasPage } from './cameras/cameras_page.tsx';
import { Icon, type IconName } from './design/icon.tsx';
import { Segments } from './design/segments.tsx';
import { theme, themes } from './design/theme.ts';
import { Toasts } from './design/toasts.tsx';
import { LivePage } from './live/live_page.tsx';
import { chooseLanguage, type LanguageTag, language, languageNames } from './messages/language.ts';
import { message, type PlainKey } from './messages/message.ts';
import { Link, navigate, route } from './navigation.tsx';
import type { Route } from './route.ts';
import { StoragePage } from './storage/storage_page.tsx';
import { TimelinePage } from './timeline/timeline_page.tsx';

const destinations: { href: string; icon: IconName; label: PlainKey; pages: Route['page'][] }[] = [
  { href: '/live', icon: 'live', label: 'nav.live', pages: ['live'] },
  { href: '/timeline', icon: 'timeline', label: 'nav.timeline', pages: ['timeline'] },
  { href: '/cameras', icon: 'cameras', label: 'nav.cameras', pages: ['cameras', 'add', 'camera'] },
  { href: '/storage', icon: 'storage', label: 'nav.storage', pages: ['storage'] },
];

/** The frame around every page: where to go, whether the server still pushes, results of what was done. */
export function App() {
  const main = useRef<HTMLElement>(null);
  const { page } = route.value;
  const current = destinations.find(({ pages }) => pages.includes(page));

  const title = titleOf(route.value) ?? (current && message(current.label));
  useEffect(() => {
    document.title = title === undefined ? message('app.name') : message('page.title', { page: title });
  }, [title]);

  // A new page begins at its begin for the keyboard too, and a screen reader says where it is.
  const before = useRef(page);
  useEffect(() => {
    if (before.current !== page && before.current !== 'home') main.current?.focus({ preventScroll: true });
    before.current = page;
  }, [page]);

  return (
    <div class="app">
      <button type="button" class="button accent skip" onClick={() => main.current?.focus()}>
        {message('app.skip')}
      </button>
      <nav class="rail" aria-label={message('nav.label')}>
        <div class="mark">
          <Mark />
        </div>
        {destinations.map((each) => (
          <Link
            key={each.href}
            class="page"
            href={each.href}
            aria-current={each === current ? 'page' : undefined}
          >
            <Icon name={each.icon} />
            {message(each.label)}
          </Link>
        ))}
        <AlarmBell />
        <DisplayChoice />
      </nav>
      <main id="page" ref={main} tabIndex={-1}>
        <Page />
      </main>
      <Toasts>
        <Connection />
      </Toasts>
    </div>
  );
}

/** What the page is about, where that says more than the name of its destination. */
function titleOf(shown: Route): string | undefined {
  if (shown.page !== 'camera') return undefined;
  return cameras.value?.find(({ id }) => id === shown.cameraId)?.name;
}

function Page() {
  const shown = route.value;
  switch (shown.page) {
    case 'home':
      return <Home />;
    case 'live':
      return <LivePage />;
    case 'cameras':
      return <CamerasPage />;
    case 'add':
      return <AddPage />;
    case 'camera':
      return <CameraPage cameraId={shown.cameraId} />;
    case 'storage':
      return <StoragePage />;
    case 'timeline':
      return <TimelinePage />;
    default:
      return <UnknownPage />;
  }
}

/** `/` leads to the pictures, and where there is no camera yet, to the search for one. */
function Home() {
  const known = cameras.value;
  useEffect(() => {
    if (known !== undefined) navigate(known.length > 0 ? '/live' : '/cameras/add', { replace: true });
  }, [known]);
  return null;
}

function UnknownPage() {
  return (
    <div class="lonely">
      <h1>{message('page.unknown.title')}</h1>
      <p>{message('page.unknown.text')}</p>
      <Link class="button accent" href="/live">
        {message('page.unknown.action')}
      </Link>
    </div>
  );
}

function Connection() {
  if (connection.value !== 'lost') return null;
  return (
    <div class="connection">
      <span class="spinner" />
      {message('connection.lost')}
    </div>
  );
}

const languages = (Object.keys(languageNames) as LanguageTag[]).map((value) => ({
  value,
  label: languageNames[value],
  lang: value,
}));

/** Colours and language. */
function DisplayChoice() {
  return (
    <>
      <button type="button" class="page" popovertarget="display-menu">
        <Icon name="theme" />
        {message('display.label')}
      </button>
      <div id="display-menu" class="display-menu" popover="auto">
        <Segments
          label={message('theme.label')}
          options={themes.map((each) => ({ value: each, label: message(`theme.${each}`) }))}
          value={theme.value}
          onChoose={(chosen) => {
            theme.value = chosen;
          }}
        />
        <Segments
          label={message('language.label')}
          options={languages}
          value={language()}
          onChoose={chooseLanguage}
        />
      </div>
    </>
  );
}

/** A nightjar's eye: the bird that watches at night. */
function Mark() {
  return (
    <svg viewBox="0 0 34 34" aria-hidden="true">
      <circle cx="17" cy="17" r="15" fill="none" stroke="var(--recorded)" stroke-width="2" />
      <path d="M6 20c6-1 8-9 11-9s5 8 11 9c-5 2-8 2-11 2s-6 0-11-2z" fill="var(--text-1)" />
      <circle cx="17" cy="17" r="2.2" fill="var(--surface-1)" />
    </svg>
  );
}
