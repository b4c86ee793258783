import { toolInputs } from '#contracts/tools.ts';
import { makeTool, succeed } from './tool.ts';

export const submitResult = makeTool(
  {
    name: 'submit_result',
    description:
      'Hands in your result and ends your work. Call it once, when all is done or nothing more can be done. ' +
      'A reviewer will check the evidence, so give what you saw and not what you expect.',
    idempotent: true,
    needs: 'none',
  },
  toolInputs.submit_result,
  async (submission) => succeed('The result was handed in.', { submission }),
);
