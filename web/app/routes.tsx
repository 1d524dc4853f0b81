import { Navigate, type RouteObject } from "react-router";
import { DecisionPage } from "../features/decisions/decision-page.tsx";
import { DecisionsPage } from "../features/decisions/decisions-page.tsx";
import { ImageRoute } from "../features/images/image-route.tsx";
import { RepositoriesPage } from "../features/images/repositories-page.tsx";
import { OverviewPage } from "../features/overview/overview-page.tsx";
import { OrganizationsPage } from "../features/people/organizations-page.tsx";
import { PeopleFrame } from "../features/people/people-frame.tsx";
import { TeamPage } from "../features/people/team-page.tsx";
import { TeamsPage } from "../features/people/teams-page.tsx";
import { UserPage } from "../features/people/user-page.tsx";
import { UsersPage } from "../features/people/users-page.tsx";
import { AboutPage } from "../features/settings/about-page.tsx";
import { ContentTrustPage } from "../features/settings/content-trust-page.tsx";
import { RegistriesPage } from "../features/settings/registries-page.tsx";
import { SettingsFrame } from "../features/settings/settings-frame.tsx";
import { WorkloadsPage } from "../features/workloads/workloads-page.tsx";
import { Crash } from "./crash.tsx";
import { Gate } from "./gate.tsx";
import { NotFound } from "./not-found.tsx";

/** Every address of the UI. */
export const routes: readonly RouteObject[] = [
  {
    path: "/",
    element: <Gate />,
    errorElement: <Crash />,
    children: [
      { index: true, element: <OverviewPage /> },
      { path: "images", element: <RepositoriesPage /> },
      { path: "images/*", element: <ImageRoute /> },
      { path: "workloads", element: <WorkloadsPage /> },
      { path: "decisions", element: <DecisionsPage /> },
      { path: "decisions/:id", element: <DecisionPage /> },
      { path: "people", element: <Navigate to="/people/users" replace /> },
      {
        path: "people",
        element: <PeopleFrame />,
        children: [
          { path: "users", element: <UsersPage /> },
          { path: "teams", element: <TeamsPage /> },
          { path: "organizations", element: <OrganizationsPage /> },
        ],
      },
      { path: "people/users/:user", element: <UserPage /> },
      { path: "people/teams/:organization/:team", element: <TeamPage /> },
      { path: "settings", element: <Navigate to="/settings/content-trust" replace /> },
      {
        path: "settings",
        element: <SettingsFrame />,
        children: [
          { path: "content-trust", element: <ContentTrustPage /> },
          { path: "registries", element: <RegistriesPage /> },
          { path: "about", element: <AboutPage /> },
        ],
      },
      { path: "*", element: <NotFound /> },
    ],
  },
];
