export const handlerSource = '';
export const workerSource = '';
