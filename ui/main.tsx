import { render } from 'preact';
import './design/font.css';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import { followAlarms } from './api/alarm_store.ts';
import { followCameras } from './api/camera_store.ts';
import { followRates } from './api/stream_rates.ts';
import { connectUpdates } from './api/updates.ts';
import { App } from './app.tsx';
import { applyTheme } from './design/theme.ts';
import { speakLanguage } from './messages/language.ts';
import { followHistory } from './navigation.tsx';

applyTheme(document.documentElement);
followHistory();
followCameras();
followRates();
followAlarms();
connectUpdates();

const root = document.getElementById('app');
void speakLanguage(document.documentElement).then(() => root && render(<App />, root));
