// Stops the mongod of the run.
export { stopEmbedded as default } from './global-setup.js';
