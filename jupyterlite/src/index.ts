/** The extension: what the page loads of it, one plugin for each thing that a person sees. */

import { bridgePlugin } from './bridge-plugin';
import { completionPlugin } from './completion-plugin';
import { kernelPlugin } from './kernel-plugin';
import { languagePlugin } from './language-plugin';
import { panelPlugin } from './panel-plugin';
import { problemsPlugin } from './problems-plugin';
import { settingsPlugin } from './settings-plugin';
import { tablePlugin } from './table-plugin';

export default [
  kernelPlugin,
  completionPlugin,
  languagePlugin,
  bridgePlugin,
  panelPlugin,
  problemsPlugin,
  settingsPlugin,
  tablePlugin
];
