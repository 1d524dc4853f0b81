import { ApiError, CreateUser, SignIn } from "#contracts";
import { expect, test } from "vitest";
import { checkedBy, fieldErrorOf } from "./form-errors.ts";

test("a form is checked by the server's own schema, a complaint a field", () => {
  const errors = checkedBy(CreateUser)({ name: "Not A Name", password: "short" });
  expect(Object.keys(errors).toSorted()).toEqual(["name", "password"]);
  expect(checkedBy(CreateUser)({ name: "alice", password: "long enough it is" })).toEqual({});
});

test("an empty field is asked for in plain words", () => {
  expect(checkedBy(SignIn)({ username: "", password: "x" })).toEqual({
    username: "please fill this in",
  });
});

test("a refusal of the server lands on its field, and only if the form has it", () => {
  const taken = new ApiError(409, {
    code: "x/taken",
    message: "taken",
    hint: "go on",
    field: "name",
  });
  expect(fieldErrorOf(taken, ["name"])).toEqual({ name: "taken: go on" });
  expect(fieldErrorOf(taken, ["label"])).toBeUndefined();
  expect(fieldErrorOf(new Error("other"), ["name"])).toBeUndefined();
});
