// Compiles only if the generated types say what the schema says.
import type { components, paths } from "./api";
import type { AbloSchema, Task, Task_Checklist_Step } from "./types";

type Create = components["schemas"]["TaskCreate"];
type Query = NonNullable<paths["/v1/models/tasks"]["get"]["parameters"]["query"]>;

export const create: Create = { projectId: "p", title: "t", status: "todo", rank: 1, checklist: null };
export const query: Query = { status: "done", order_by: "rank", order: "desc", limit: 5 };
export const receipt = (answer: components["schemas"]["AbloReceipt"]): number => answer.lastSyncId;
export const step: Task_Checklist_Step = { text: "a", sub: [{ text: "b", sub: [] }] };
export const due = (task: Task): number | undefined => task.dueAt?.getTime();
export const same: AbloSchema["tasks"]["status"] = create.status;

// @ts-expect-error a status that is not one
export const wrong: Create = { ...create, status: "later" };
// @ts-expect-error a required field is missing
export const missing: Create = { title: "t" };
// @ts-expect-error clients may not write people
export type Nothing = paths["/v1/models/people"]["post"]["requestBody"]["content"];
// @ts-expect-error rows have a title
export const row: Task = { id: "t", createdAt: new Date(), updatedAt: new Date() };
