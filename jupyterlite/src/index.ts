/** The extension: what the page loads of it, one plugin for each thing that a person sees. */

import { kernelPlugin } from './kernel-plugin';
import { languagePlugin } from './language-plugin';

export default [kernelPlugin, languagePlugin];
