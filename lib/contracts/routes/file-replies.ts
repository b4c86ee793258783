import { fileView } from '../job-view.ts';
import { page } from './route.ts';

/** What `…/files` answers. */
export const filePage = {
  description: 'Files, each with an address that works for five minutes',
  schema: page(fileView),
};

/** What `…/files/{path+}` answers. */
export const oneFile = {
  description: 'The file, with an address that works for five minutes',
  schema: fileView,
};
